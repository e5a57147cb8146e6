//! Cast and CastLike: entries in another type. Reals become integers towards zero, integers wrap around in a narrower type, and what is not
//! zero is true.

use crate::element::Element;
use crate::function::{Comparison, Expression, Function};
use crate::graph::{Kind, LayerId};
use crate::import::Importer;
use crate::import::build::wrap::modulo;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Fold, Operation, int, string};
use crate::import::value::Value;
use crate::tensor::{Data, Tensor};

inventory::submit! {
    Operation::new("Cast", &[6, 9, 13, 19, 21, 23, 24, 25], import)
        .attributes(&[int("to"), int("saturate"), string("round_mode")])
        .fold(Fold::Own(evaluate))
        .row("among numbers; constant strings to numbers", "the same tensor, or a table that truncates or wraps")
}
inventory::submit! {
    Operation::new("CastLike", &[15, 19, 21, 23, 24, 25], import)
        .attributes(&[int("saturate"), string("round_mode")])
        .fold(Fold::Own(evaluate))
        .row("among numbers; constant strings to numbers", "the same tensor, or a table that truncates or wraps")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let to = target(node)?;
    let cast = match node.input(0)? {
        Value::Constant(tensor) => Value::Constant(cast_constant(tensor, to)?),
        Value::Computed { .. } => {
            let (source, from) = (importer.input(node, 0)?, node.element(0)?);
            let layer = importer.cast(&node.origin, source, from, to)?;
            Value::computed(layer, to)
        }
        Value::Sequence(_) | Value::Nothing => return refuse("its input is no tensor"),
    };
    Ok(vec![cast])
}

fn evaluate(node: &Node<'_>) -> Imported<Vec<Value>> {
    let tensor = node.constant(0, "input")?;
    Ok(vec![Value::Constant(cast_constant(tensor, target(node)?)?)])
}

/// The type that is asked for: by its number, or as that of the second input.
fn target(node: &Node<'_>) -> Imported<Element> {
    if node.op() == "CastLike" {
        return node.element(1);
    }
    let Some(number) = node.int("to") else {
        return refuse("its attribute `to` is missing");
    };
    match i32::try_from(number).ok().and_then(Element::of) {
        Some(element) => Ok(element),
        None => refuse(format!(
            "a cast to type number {number} of ONNX; to floats, integers and truth values it is supported"
        )),
    }
}

impl Importer<'_> {
    /// Computed entries in another type.
    pub fn cast(
        &mut self,
        origin: &str,
        source: LayerId,
        from: Element,
        to: Element,
    ) -> Imported<LayerId> {
        if from == to {
            return Ok(source);
        }
        if to == Element::String || from == Element::String {
            return refuse(format!(
                "a cast of computed entries from {from} to {to}; only casts among numbers are supported"
            ));
        }
        if to == Element::Bool {
            return Ok(self.apply(origin, source, Function::Compare(Comparison::NotEqual)));
        }
        if from.is_float() && to.is_whole() {
            return Ok(self.truncated(origin, source, to));
        }
        let (Some(bounds), Some((low, high))) = (self.bounds(source, from), to.bounds()) else {
            return Ok(source);
        };
        // What is computed never leaves 32 bits and a sign: that would be a range too wide for any proof.
        let is_wide = matches!(to, Element::Int32 | Element::Int64);
        if is_wide || (low <= bounds.low && bounds.high <= high) {
            return Ok(source);
        }
        let is_narrow = from.bits().is_some_and(|bits| bits <= 16);
        if is_narrow && matches!(to, Element::Uint32 | Element::Uint64) {
            return refuse(format!(
                "a cast of {from}, which may be negative, to {to}, which then holds numbers beyond 2^31; cast to int64 instead"
            ));
        }
        let wrapped = modulo(Expression::Argument, low, high);
        Ok(self.apply(origin, source, wrapped.into()))
    }
}

impl Importer<'_> {
    /// Reals as integers, towards zero; what leaves a narrow type wraps around, as onnxruntime has it.
    fn truncated(&mut self, origin: &str, source: LayerId, to: Element) -> LayerId {
        let narrow = to.bounds().filter(|_| to.bits().is_some_and(|b| b <= 16));
        let whole = Expression::Argument.then(Function::Truncate);
        match narrow {
            Some((low, high)) if !self.is_within(source, low, high) => {
                self.apply(origin, source, modulo(whole, low, high).into())
            }
            _ => self.apply(origin, source, Function::Truncate),
        }
    }

    /// Whether the model itself clips a layer to these bounds.
    fn is_within(&self, layer: LayerId, least: i128, greatest: i128) -> bool {
        let Kind::Apply { source, function } = &self.graph.layer(layer).kind else {
            return false;
        };
        match function {
            Function::Clamp {
                low: Some(low),
                high: Some(high),
            } => *low >= least as f64 && *high <= greatest as f64,
            Function::Round | Function::Floor | Function::Ceil | Function::Truncate => {
                self.is_within(*source, least, greatest)
            }
            Function::Compare(_) | Function::Positive | Function::Sigmoid => true,
            _ => false,
        }
    }
}

fn cast_constant(tensor: &Tensor, to: Element) -> Imported<Tensor> {
    let (from, shape) = (tensor.element(), tensor.shape().to_vec());
    if from == to {
        return Ok(tensor.clone());
    }
    let cast = if let Some(texts) = tensor.strings() {
        of_texts(texts, to, shape)?
    } else if let Some(integers) = tensor.integers() {
        match to {
            Element::String => {
                let texts = integers.iter().map(|&v| match from {
                    // The 64 bits hold numbers without a sign as well.
                    Element::Uint64 => (v as u64).to_string(),
                    _ => v.to_string(),
                });
                Tensor::of_strings(shape, texts.collect())
            }
            Element::Bool => {
                let truths = integers.iter().map(|&v| i64::from(v != 0));
                Tensor::of_integers(to, shape, truths.collect())
            }
            _ if to.is_whole() => Tensor::of_integers(to, shape, integers.to_vec()),
            // In one rounding: by way of double precision there would be two.
            Element::Float => {
                let reals = integers.iter().map(|&v| v as f32);
                Tensor::of_floats(to, shape, reals.collect())
            }
            _ => Tensor::of_reals(to, shape, integers.iter().map(|&v| v as f64).collect()),
        }
    } else if let (Data::Floats(numbers), Element::Float) = (tensor.data(), to) {
        // Half floats are held in single precision already.
        Tensor::of_floats(to, shape, numbers.clone())
    } else {
        let Some(reals) = tensor.reals() else {
            return refuse(format!("a cast from {from} to {to}"));
        };
        match to {
            Element::String => {
                return refuse(
                    "a cast of real constants to strings; store the strings in the model",
                );
            }
            Element::Bool => {
                let truths = reals.iter().map(|&v| i64::from(v != 0.0));
                Tensor::of_integers(to, shape, truths.collect())
            }
            _ => Tensor::of_reals(to, shape, reals),
        }
    };
    match cast {
        Some(cast) => Ok(cast),
        None => refuse(format!("a cast of constants from {from} to {to}")),
    }
}

/// The numbers that texts say.
fn of_texts(texts: &[String], to: Element, shape: Vec<usize>) -> Imported<Option<Tensor>> {
    let no_number = |text: &str| format!("a cast of the string `{text}` to {to}");
    if to.is_integer() {
        let mut integers = Vec::new();
        for text in texts {
            match text.trim().parse::<i128>() {
                Ok(integer) => integers.push(to.wrap(integer) as i64),
                Err(_) => return refuse(no_number(text)),
            }
        }
        return Ok(Tensor::of_integers(to, shape, integers));
    }
    let mut reals = Vec::new();
    for text in texts {
        match text.trim().parse::<f64>() {
            Ok(real) => reals.push(real),
            Err(_) => return refuse(no_number(text)),
        }
    }
    Ok(match to {
        Element::Bool => {
            let truths = reals.iter().map(|&v| i64::from(v != 0.0));
            Tensor::of_integers(to, shape, truths.collect())
        }
        _ => Tensor::of_reals(to, shape, reals),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_say_numbers() {
        let texts = ["1e3", "-INF", "2.5"].map(str::to_owned).to_vec();
        let tensor = Tensor::of_strings(vec![3], texts).unwrap();
        let cast = cast_constant(&tensor, Element::Float).unwrap();
        assert_eq!(cast.reals().unwrap(), [1e3, f64::NEG_INFINITY, 2.5]);
        assert!(cast_constant(&tensor, Element::Int64).is_err());
    }
}
