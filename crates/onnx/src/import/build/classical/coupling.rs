//! Class probabilities from the probabilities of pairs: the second method of Wu, Lin and Weng (*Probability estimates for multi-class
//! classification by pairwise coupling*, JMLR 5, 2004), as LIBSVM and onnxruntime have it.
//!
//! With `r[i][j]` the probability of class `i` among `i` and `j`, the probabilities `p` make the sum over pairs of
//! `(r[j][i] p[i] - r[i][j] p[j])^2` least. LIBSVM comes near that minimum step by step; here it is computed: with
//! `Q[i][i] = sum of r[j][i]^2` and `Q[i][j] = -r[j][i] r[i][j]`, the minimum is proportional to the row sums of the adjugate of `Q`. For
//! three classes these are sums of products of two entries, well above zero in total.

use crate::function::Function;
use crate::graph::{Graph, LayerId};
use crate::import::Importer;
use crate::import::refusal::{Imported, refuse};

impl Importer<'_> {
    /// The probabilities of two or three classes, `[samples, classes]`, of the probabilities of the first class of each pair,
    /// `[samples, pairs]`, with pairs in the order (0, 1), (0, 2), (1, 2).
    pub fn coupled(&mut self, origin: &str, pairs: LayerId, classes: usize) -> Imported<LayerId> {
        match classes {
            2 => {
                let second = self.complement(origin, pairs)?;
                self.joined(origin, &[pairs, second], 1)
            }
            3 => self.coupled_three(origin, pairs),
            _ => refuse(format!(
                "probabilities of {classes} classes, coupled from those of pairs; up to 3 classes are supported: fit SVC(probability=False), or \
                 calibrate it by CalibratedClassifierCV(SVC(), ensemble=False)"
            )),
        }
    }

    /// What is missing to one.
    fn complement(&mut self, origin: &str, source: LayerId) -> Imported<LayerId> {
        let shape = self.graph.shape(source).to_vec();
        let terms = vec![
            self.graph.summand(-1.0, source, vec![])?,
            Graph::fill(1.0, &shape)?,
        ];
        Ok(self.graph.sum(origin, terms))
    }

    fn coupled_three(&mut self, origin: &str, pairs: LayerId) -> Imported<LayerId> {
        let mut r = [[None; 3]; 3];
        for (place, (i, j)) in [(0, 1), (0, 2), (1, 2)].into_iter().enumerate() {
            let first = self.column(origin, pairs, place)?;
            r[i][j] = Some(first);
            r[j][i] = Some(self.complement(origin, first)?);
        }
        let entry = |i: usize, j: usize| match r[i][j] {
            Some(layer) => Ok(layer),
            None => refuse("a pair of one class"),
        };
        // Q[i][i], and the positive -Q[i][j].
        let mut diagonal = Vec::new();
        for i in 0..3 {
            let (a, b) = (entry((i + 1) % 3, i)?, entry((i + 2) % 3, i)?);
            let squares = [
                self.graph.entrywise(origin, a, a),
                self.graph.entrywise(origin, b, b),
            ];
            diagonal.push(self.sum_of(origin, &[(1.0, squares[0]), (1.0, squares[1])])?);
        }
        let mut product = |i: usize, j: usize| -> Imported<LayerId> {
            Ok(self.graph.entrywise(origin, entry(i, j)?, entry(j, i)?))
        };
        let between = [product(1, 2)?, product(0, 2)?, product(0, 1)?];
        let mut sums = Vec::new();
        for i in 0..3 {
            let (j, k) = ((i + 1) % 3, (i + 2) % 3);
            // Row i of the adjugate: Q[j][j] Q[k][k] - Q[j][k]^2, and Q[i][k] Q[k][j] - Q[i][j] Q[k][k] with both signs negative.
            let (q_j, q_k) = (diagonal[j], diagonal[k]);
            let (jk, ik, ij) = (between[i], between[j], between[k]);
            let factors = [
                (1.0, q_j, q_k),
                (-1.0, jk, jk),
                (1.0, ik, jk),
                (1.0, ij, q_k),
                (1.0, ij, jk),
                (1.0, ik, q_j),
            ];
            let products = factors
                .map(|(sign, left, right)| (sign, self.graph.entrywise(origin, left, right)));
            sums.push(self.sum_of(origin, &products)?);
        }
        let total = self.sum_of(origin, &[(1.0, sums[0]), (1.0, sums[1]), (1.0, sums[2])])?;
        let inverse = self.graph.apply(origin, total, Function::Reciprocal);
        let parts: Vec<LayerId> = sums
            .iter()
            .map(|&sum| self.graph.entrywise(origin, sum, inverse))
            .collect();
        self.joined(origin, &parts, 1)
    }

    fn sum_of(&mut self, origin: &str, parts: &[(f64, LayerId)]) -> Imported<LayerId> {
        let mut terms = Vec::new();
        for &(sign, part) in parts {
            terms.push(self.graph.summand(sign, part, vec![])?);
        }
        Ok(self.graph.sum(origin, terms))
    }
}
