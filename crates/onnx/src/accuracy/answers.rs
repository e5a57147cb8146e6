//! Whether the integer program answers as the float model does: where the greatest entry of each row is.
//!
//! A row is what stands along the last axis at one position. Two entries that are closer than one step of the program's output are the
//! same value to it, so either is the answer.

use crate::float::argmax;

/// One output's answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answers {
    /// How many rows have the float model's answer.
    pub same: usize,
    /// Of how many.
    pub of: usize,
    /// By how much the float model's answer exceeds the program's, in the row in which it does so most.
    pub margin: f64,
}

/// Whether the rows of an output of this shape may have an answer each: positions and classes, not the rows of pictures.
pub fn have_answers(shape: &[usize]) -> bool {
    let Some((&width, positions)) = shape.split_last() else {
        return false;
    };
    // The first of several axes counts samples.
    let positions = positions.iter().skip(1).filter(|&&length| length > 1);
    width > 1 && positions.count() <= 1
}

impl Answers {
    /// Takes rows of so many entries of one sample; `step` is the least difference of integers.
    pub fn add(&mut self, width: usize, integer: &[f64], float: &[f64], step: f64) {
        for (integer, float) in integer.chunks_exact(width).zip(float.chunks_exact(width)) {
            self.of += 1;
            let (answer, expected) = (argmax(integer.iter()), argmax(float.iter()));
            let value = |row: &[f64], place: usize| row.get(place).copied().unwrap_or(0.0);
            let margin = value(float, expected) - value(float, answer);
            let is_tied = value(integer, answer) == value(integer, expected) || margin <= step;
            if is_tied {
                self.same += 1;
            } else {
                self.margin = self.margin.max(margin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(integer: &[f64], float: &[f64]) -> (usize, usize, f64) {
        let mut answers = Answers::default();
        answers.add(2, integer, float, 0.125);
        (answers.same, answers.of, answers.margin)
    }

    #[test]
    fn each_position_has_an_answer() {
        let float = [0.0, 1.0, 3.0, 2.0, 0.0, 4.0];
        assert_eq!(answers(&float, &float), (3, 3, 0.0));
        assert_eq!(
            answers(&[0.0, 1.0, 2.0, 3.0, 5.0, 4.0], &float),
            (1, 3, 4.0)
        );
    }

    #[test]
    fn ties_are_no_disagreement() {
        // The program's values are equal, whichever it names.
        assert_eq!(answers(&[1.0, 1.0], &[0.0, 1.0]), (1, 1, 0.0));
        // The float model's are closer than a step.
        assert_eq!(answers(&[1.0, 0.875], &[0.9, 1.0]), (1, 1, 0.0));
        assert_eq!(answers(&[1.0, 0.875], &[0.75, 1.0]), (0, 1, 0.25));
    }

    #[test]
    fn classes_are_along_the_last_axis() {
        for shape in [&[10][..], &[1, 10], &[1, 32, 5], &[4, 32, 5], &[1, 1, 7, 3]] {
            assert!(have_answers(shape), "{shape:?}");
        }
        for shape in [&[][..], &[1], &[1, 1], &[1, 3, 8, 8], &[1, 8, 8, 3]] {
            assert!(!have_answers(shape), "{shape:?}");
        }
    }
}
