//! How many samples an array of some shape holds for an input.

use super::entry::Input;
use crate::OnnxError;
use crate::calibrate::Sample;
use inferproof_view::volume;

/// The most samples that are read: each takes some memory, however short.
pub const MAX_SAMPLES: usize = 1 << 22;

/// As [`held`], or why an array of that shape cannot be read.
pub fn count(file: &str, input: &Input<'_>, shape: &[usize]) -> Result<usize, OnnxError> {
    match held(input, shape) {
        Some(count) => samples(file, input, count),
        None => Err(mismatch(file, input, format!("shape {shape:?}"))),
    }
}

/// How many samples an array of some shape holds. It has the input's shape, with or without the axes of length one in front of it, and
/// perhaps one more axis that counts samples.
pub fn held(input: &Input<'_>, shape: &[usize]) -> Option<usize> {
    let expected = &input.port.shape;
    let leading = expected.iter().take_while(|&&n| n == 1).count();
    let fits = (0..=leading).any(|left_out| {
        let rest = expected.get(left_out..);
        rest == Some(shape) || !shape.is_empty() && rest == shape.get(1..)
    });
    match (volume(shape), input.volume()) {
        (Some(entries), each @ 1..) if fits && entries > 0 => Some(entries / each),
        _ => None,
    }
}

/// So many samples, if they are not too many.
pub fn samples(file: &str, input: &Input<'_>, count: usize) -> Result<usize, OnnxError> {
    if count <= MAX_SAMPLES {
        return Ok(count);
    }
    Err(OnnxError::Shape {
        file: file.into(),
        tensor: input.port.name.clone(),
        expected: format!("at most {MAX_SAMPLES} samples"),
        got: format!("{count}"),
    })
}

pub fn mismatch(file: &str, input: &Input<'_>, got: String) -> OnnxError {
    let shape = &input.port.shape;
    OnnxError::Shape {
        file: file.into(),
        tensor: input.port.name.clone(),
        expected: format!("shape {shape:?}, or samples of it along one more axis in front"),
        got,
    }
}

/// Puts together what each input has, entry after entry and sample after sample. What an input that is fed lacks stays empty: it may have
/// values for all samples, for the first, or for none.
pub fn assemble(
    file: &str,
    inputs: &[Input<'_>],
    values: Vec<Vec<f64>>,
) -> Result<Vec<Sample>, OnnxError> {
    let counts = inputs.iter().zip(&values);
    let counts = counts.map(|(input, values)| (input, values.len() / input.volume().max(1)));
    let own = counts.clone().find(|(input, _)| !input.port.is_fed);
    let own = own.or_else(|| counts.clone().max_by_key(|(_, count)| *count));
    let Some((_, count)) = own else {
        return Ok(vec![vec![]]);
    };
    let is_wrong = |(input, other): &(&Input<'_>, usize)| {
        *other != count && !(input.port.is_fed && *other <= 1)
    };
    if let Some((input, other)) = counts.clone().find(is_wrong) {
        let alternative = match input.port.is_fed {
            true => ", or one for the first of them, or none",
            false => ", as the first input has",
        };
        return Err(OnnxError::Shape {
            file: file.into(),
            tensor: input.port.name.clone(),
            expected: format!("{count} samples{alternative}"),
            got: format!("{other} samples"),
        });
    }
    let mut samples: Vec<Sample> = (0..count)
        .map(|_| Vec::with_capacity(inputs.len()))
        .collect();
    for (input, values) in inputs.iter().zip(values) {
        let mut chunks = values.chunks(input.volume().max(1));
        for sample in &mut samples {
            sample.push(chunks.next().unwrap_or_default().to_vec());
        }
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Port;

    #[test]
    fn axes_of_length_one_may_be_left_out_and_one_more_counts_samples() {
        let held = |expected: &[usize], shape: &[usize]| {
            let port = Port {
                name: "x".into(),
                shape: expected.to_vec(),
                ..Port::default()
            };
            count("f", &Input::new(&port), shape).ok()
        };
        let picture = [1, 1, 28, 28];
        for (shape, samples) in [
            (&[1, 1, 28, 28][..], 1),
            (&[28, 28], 1),
            (&[7, 28, 28], 7),
            (&[7, 1, 28, 28], 7),
            (&[7, 1, 1, 28, 28], 7),
        ] {
            assert_eq!(held(&picture, shape), Some(samples), "{shape:?}");
        }
        for shape in [
            &[784][..],
            &[28],
            &[2, 7, 28, 28],
            &[0, 28, 28],
            &[28, 28, 1],
            &[],
        ] {
            assert_eq!(held(&picture, shape), None, "{shape:?}");
        }
        assert_eq!(held(&[1, 1], &[]), Some(1));
        assert_eq!(held(&[1, 1], &[9]), Some(9));
        assert_eq!(held(&[1, 1], &[9, 1]), Some(9));
        assert_eq!(
            held(&[2, 3], &[3]),
            None,
            "the first axis is no axis of length one"
        );
        assert_eq!(held(&[1, 1], &[MAX_SAMPLES + 1]), None);
    }
}
