//! How a vector is folded in halves until little of it is left, as an inner-product argument does.

/// Folding stops when no more entries than this are left. A further round would send two points and save half of the entries, at the
/// price of a multi-exponentiation over all generators: of a proof that takes 30 ms, one ms for 1 kB.
const LEFT: usize = 64;

/// The rounds for a vector of some length, and what is left after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folding {
    /// Each halves the vector.
    pub rounds: usize,
    /// The length after all rounds. The vector is taken to end in zeros, so that its length is `left << rounds`.
    pub left: usize,
}

impl Folding {
    /// For a vector of this length.
    #[must_use]
    pub fn of(length: usize) -> Self {
        let mut folding = Self {
            rounds: 0,
            left: length,
        };
        while folding.left > LEFT {
            folding.rounds += 1;
            folding.left = folding.left.div_ceil(2);
        }
        folding
    }

    /// The length before the first round, zeros included.
    #[must_use]
    pub fn padded(self) -> usize {
        self.left << self.rounds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_vector_is_cut_off() {
        for length in (0..200).chain([1000, 4095, 4096, 4097, 65_536]) {
            let folding = Folding::of(length);
            assert!(folding.left <= LEFT);
            assert!(folding.padded() >= length);
            assert!(folding.padded() < length + (1 << folding.rounds));
        }
        assert_eq!(
            Folding::of(4096),
            Folding {
                rounds: 6,
                left: 64
            }
        );
        assert_eq!(
            Folding::of(65),
            Folding {
                rounds: 1,
                left: 33
            }
        );
    }
}
