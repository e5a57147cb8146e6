//! Tree ensembles as products of matrices: the GEMM strategy of Hummingbird (Nakandala et al., OSDI 2020).
//!
//! All branches of all trees are decided at once, and all paths followed:
//!
//! 1. The features that branches compare are gathered to `[trees, samples, branches]`. Which feature a branch compares is public, as the
//!    architecture is; thresholds and all below are weights.
//! 2. A branch has a bit for "the feature is above the threshold", one for "it is below", or both where it asks for equality. The
//!    six comparisons are these bits and their negations, so no comparison costs more than the sign of a difference.
//! 3. A matrix for each tree, `[leaves, branches]`, has 1 where the way to a leaf needs the bit to be 1, -1 where it needs 0, and 0 elsewhere.
//!    Its product with the bits, less the number of ones, is 0 at the leaf that is reached and negative at all others. (A branch with two bits
//!    is no exception: they are never both 1.) One more is added, so that the sign tells.
//! 4. The signs are 1 at the reached leaf of each tree; their product with the leaves' weights is the sum over trees.
//!
//! A missing value is zero at its branches, and a second product adds to each leaf what the bits at these should be more or less.
//!
//! Large trees are cut into [blocks](super::blocks), which stand for trees here. Blocks are padded to the greatest count of branches and leaves; a
//! padded leaf is reached by no sample.

use super::blocks::{Block, Question, cheapest};
use super::rows::FeatureRows;
use super::trees::{Test, Tree};
use crate::function::Function;
use crate::graph::{Axes, LayerId, Summand};
use crate::import::Importer;
use crate::import::limits::MAX_ENTRIES;
use crate::import::refusal::{Imported, refuse};
use inferproof_view::Step;

/// Trees, and what is read of them.
pub struct Ensemble<'a> {
    origin: &'a str,
    trees: &'a [Tree],
    blocks: Vec<Block>,
    rows: FeatureRows,
    /// Where features are missing, `[samples, features]`, if they can be.
    missing: Option<LayerId>,
    /// The greatest count of leaves.
    leaves: usize,
}

/// Which bit of a branch: its feature is above the threshold, or below.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Above,
    Below,
}

impl Side {
    /// The bit of a feature at a threshold.
    fn bit(self, feature: f32, threshold: f32) -> f32 {
        let is_one = match self {
            Self::Above => feature > threshold,
            Self::Below => feature < threshold,
        };
        f32::from(u8::from(is_one))
    }
}

impl Test {
    /// Whether a branch has this bit, and whether a yes needs it to be 1.
    fn needs(self, side: Side) -> Option<bool> {
        match (self, side) {
            (Self::AtMost, Side::Above) | (Self::AtLeast, Side::Below) | (Self::Equal, _) => {
                Some(false)
            }
            (Self::Above, Side::Above) | (Self::Below, Side::Below) | (Self::Unequal, _) => {
                Some(true)
            }
            (Self::AtMost | Self::Above, Side::Below)
            | (Self::AtLeast | Self::Below, Side::Above) => None,
        }
    }

    /// The bit that gives an answer; where it takes two bits to be unequal, the upper one.
    fn bit_of(self, side: Side, answer: bool) -> f32 {
        let is_one = match self {
            Self::Equal | Self::Unequal => side == Side::Above && answer == (self == Self::Unequal),
            _ => self.needs(side) == Some(answer),
        };
        f32::from(u8::from(is_one))
    }
}

impl Block {
    /// Each question's place among those that have this bit.
    fn places(&self, side: Side) -> Vec<Option<usize>> {
        let mut count = 0;
        let places = self.questions.iter().map(|question| {
            question.test.needs(side).map(|_| {
                count += 1;
                count - 1
            })
        });
        places.collect()
    }

    /// Whether an answer to a question needs the bit to be 1.
    fn needs(&self, question: usize, side: Side, answer: bool) -> bool {
        let question = self.questions.get(question);
        question.is_some_and(|q: &Question| q.test.needs(side) == Some(answer))
    }
}

impl<'a> Ensemble<'a> {
    pub fn new(
        importer: &mut Importer<'_>,
        origin: &'a str,
        trees: &'a [Tree],
        rows: FeatureRows,
    ) -> Imported<Self> {
        let read = importer.maybe_missing(origin, rows.layer)?;
        let of_integers = importer.graph.is_integral(rows.layer);
        let blocks = cheapest(trees, of_integers)?;
        Ok(Self {
            origin,
            trees,
            rows: FeatureRows {
                layer: read.present,
                ..rows
            },
            missing: read.missing,
            leaves: blocks.iter().map(|b| b.leaves.len()).max().unwrap_or(0),
            blocks,
        })
    }

    /// The product of the three sizes, if tensors may have so many entries. Nothing is allocated before this says so.
    fn room(&self, sizes: [usize; 3]) -> Imported<usize> {
        let entries = sizes.iter().try_fold(1usize, |n, &s| n.checked_mul(s));
        match entries.filter(|&n| n <= MAX_ENTRIES) {
            Some(entries) => Ok(entries),
            None => refuse(format!(
                "its trees need a tensor of shape {sizes:?}; at most {MAX_ENTRIES} entries are supported"
            )),
        }
    }

    /// Refuses weights for so many outputs that there is no room for them.
    pub fn check_outputs(&self, outputs: usize) -> Imported<()> {
        self.room([outputs, self.blocks.len(), self.leaves])
            .map(|_| ())
    }

    /// The bits of one side, `[blocks, samples, branches]`, with the matrix of ways, `[blocks, leaves, branches]`, by which they are
    /// multiplied; where features may be missing, these as well, with a matrix of their own.
    fn bits(&self, importer: &mut Importer<'_>, side: Side) -> Imported<Vec<(LayerId, LayerId)>> {
        let blocks = self.blocks.len();
        let places: Vec<_> = self.blocks.iter().map(|b| b.places(side)).collect();
        let counts = places.iter().map(|p| p.iter().flatten().count());
        let branches = counts.max().unwrap_or(0);
        if branches == 0 {
            return Ok(vec![]);
        }
        let samples = self.rows.samples;
        let entries = self.room([blocks, branches, samples])? / samples;
        let path_entries = self.room([blocks, self.leaves, branches])?;
        let mut index = vec![None; entries];
        let mut thresholds = vec![0f32; entries];
        let mut paths = vec![0f32; path_entries];
        // What a branch's bit should be more where its feature is missing.
        let mut excess = vec![0f32; entries];
        for (b, (block, places)) in self.blocks.iter().zip(&places).enumerate() {
            for (question, place) in block.questions.iter().zip(places) {
                if let Some(place) = place {
                    let at = b * branches + place;
                    index[at] = Some(question.feature);
                    thresholds[at] = question.threshold;
                    let wanted = question.test.bit_of(side, question.if_missing);
                    excess[at] = wanted - side.bit(0.0, question.threshold);
                }
            }
            for (leaf, reached) in block.leaves.iter().enumerate() {
                let row = (b * self.leaves + leaf) * branches;
                for &(question, answer) in reached.way.iter().flatten() {
                    if let Some(place) = places[question] {
                        let needed = block.needs(question, side, answer);
                        paths[row + place] = if needed { 1.0 } else { -1.0 };
                    }
                }
            }
        }
        let gather = vec![
            Step::Gather {
                axis: 1,
                source: self.rows.features,
                index,
            },
            Step::Split {
                axis: 1,
                sizes: vec![blocks, branches],
            },
            Step::Permute(vec![1, 0, 2]),
        ];
        let sign = match side {
            Side::Above => 1.0,
            Side::Below => -1.0,
        };
        let graph = &mut importer.graph;
        let thresholds = graph.add_constant(self.origin, vec![blocks, branches], thresholds);
        let terms = vec![
            graph.summand(sign, self.rows.layer, gather.clone())?,
            graph.summand(-sign, thresholds, self.repeated())?,
        ];
        let difference = graph.sum(self.origin, terms);
        let bits = graph.apply(self.origin, difference, Function::Positive);
        let shape = vec![blocks, self.leaves, branches];
        let mut products = Vec::new();
        if let Some(missing) = self.missing {
            let rows = paths.chunks(branches).enumerate();
            let corrected = rows.flat_map(|(row, path)| {
                let tree = row / self.leaves;
                path.iter()
                    .zip(&excess[tree * branches..])
                    .map(|(p, e)| p * e)
            });
            let corrected = corrected.collect();
            let corrected = graph.add_constant(self.origin, shape.clone(), corrected);
            let missing = graph.view(self.origin, missing, gather)?;
            products.push((missing, corrected));
        }
        let paths = graph.add_constant(self.origin, shape, paths);
        products.insert(0, (bits, paths));
        Ok(products)
    }

    /// A tensor of one entry for each block and something, repeated for all samples.
    fn repeated(&self) -> Vec<Step> {
        let len = self.rows.samples;
        vec![Step::Insert { axis: 1, len }]
    }

    /// 1 at the leaf that a sample reaches in a tree, `[blocks, samples, leaves]`.
    fn reached(&self, importer: &mut Importer<'_>) -> Imported<LayerId> {
        let blocks = self.blocks.len();
        let samples = self.rows.samples;
        let entries = self.room([blocks, self.leaves, samples])? / samples;
        // One more than minus the count of ones; a padded leaf stays at zero.
        let mut offsets = vec![0f32; entries];
        let mut terms: Vec<Summand> = Vec::new();
        for side in [Side::Above, Side::Below] {
            for (bits, paths) in self.bits(importer, side)? {
                let axes = Axes {
                    shared: 1,
                    left_free: 1,
                    right_free: 1,
                    contracted: 1,
                };
                let product = importer.graph.contract(self.origin, bits, paths, axes);
                terms.push(importer.graph.summand(1.0, product, vec![])?);
            }
        }
        for (b, block) in self.blocks.iter().enumerate() {
            for (leaf, reached) in block.leaves.iter().enumerate() {
                let Some(way) = &reached.way else {
                    continue;
                };
                // An inequality needs one of its two bits, so a branch counts once.
                let needs = |question, answer| {
                    let sides = [Side::Above, Side::Below];
                    sides
                        .iter()
                        .any(|&side| block.needs(question, side, answer))
                };
                let ones = way.iter().filter(|&&(q, answer)| needs(q, answer));
                offsets[b * self.leaves + leaf] = 1.0 - ones.count() as f32;
            }
        }
        let graph = &mut importer.graph;
        let offsets = graph.add_constant(self.origin, vec![blocks, self.leaves], offsets);
        terms.push(graph.summand(1.0, offsets, self.repeated())?);
        let matched = graph.sum(self.origin, terms);
        Ok(graph.apply(self.origin, matched, Function::Positive))
    }

    /// The sums over trees, `[samples, outputs]`.
    pub fn sums(
        &self,
        importer: &mut Importer<'_>,
        outputs: usize,
        factor: f64,
    ) -> Imported<LayerId> {
        let blocks = self.blocks.len();
        let entries = self.room([outputs, blocks, self.leaves])?;
        let reached = self.reached(importer)?;
        let mut weights = vec![0f32; entries];
        for (b, block) in self.blocks.iter().enumerate() {
            for (leaf, reached) in block.leaves.iter().enumerate() {
                for &(output, weight) in &reached.weights {
                    let place = (output * blocks + b) * self.leaves + leaf;
                    weights[place] += (weight * factor) as f32;
                }
            }
        }
        let graph = &mut importer.graph;
        let weights = graph.add_constant(self.origin, vec![outputs, blocks, self.leaves], weights);
        let reached = graph.view(self.origin, reached, vec![Step::Permute(vec![1, 0, 2])])?;
        let axes = Axes {
            shared: 0,
            left_free: 1,
            right_free: 1,
            contracted: 2,
        };
        Ok(graph.contract(self.origin, reached, weights, axes))
    }

    /// For each class, whether every sample reaches a leaf that has a weight for it.
    pub fn always_scored(&self, classes: usize) -> Vec<bool> {
        let mut always = vec![false; classes];
        for tree in self.trees {
            let mut leaves = vec![0usize; classes];
            tree.visit(|_, _, weights| {
                let mut ids: Vec<usize> = weights.iter().map(|&(id, _)| id).collect();
                ids.sort_unstable();
                ids.dedup();
                ids.iter().for_each(|&id| leaves[id] += 1);
            });
            let all = tree.leaves();
            always
                .iter_mut()
                .zip(leaves)
                .for_each(|(a, n)| *a |= n == all);
        }
        always
    }
}
