//! The leaves of an ensemble in blocks, each with the questions on the ways to its leaves.
//!
//! The matrix of ways has a row for each leaf of a block and a column for each question, so that a tree of a thousand leaves as one block has a
//! million entries. Cut into blocks of neighbouring leaves, each has few more questions than leaves, since neighbours share all but the last
//! steps of their ways; questions above are asked again in each block. In most blocks no leaf is reached. A question that a tree
//! asks in several places is asked once a block: the levels of an oblivious tree (CatBoost) are a question each.

use super::trees::{Test, Tree, TreeNode};
use crate::import::refusal::{Imported, refuse};
use std::collections::BTreeMap;

/// The steps of all ways together, at most.
const MAX_STEPS: usize = 1 << 26;

/// Leaves of a block, of which the cheapest number is chosen.
const SIZES: [usize; 8] = [2048, 1024, 512, 256, 128, 64, 32, 16];

/// The part of the cost of whole trees below which cutting them is worth while.
const WORTHWHILE: f64 = 0.9;

/// Nanoseconds of proving for each committed bit and for each weight, as `bench/scaling` measures them.
const BIT_COST: f64 = 1500.0;
const WEIGHT_COST: f64 = 4.1;

/// What a branch asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    pub test: Test,
    pub feature: u32,
    pub threshold: f32,
    /// The answer where the feature is missing.
    pub if_missing: bool,
}

/// A leaf of a block.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// The answers that lead there, by question; none where no sample can reach it.
    pub way: Option<Vec<(usize, bool)>>,
    /// What reaching it adds, by class or target.
    pub weights: Vec<(usize, f64)>,
}

/// Leaves of one tree, of which at most one is reached.
#[derive(Clone, Debug, Default)]
pub struct Block {
    pub questions: Vec<Question>,
    pub leaves: Vec<Leaf>,
}

/// The ensemble in blocks of the size that costs least to prove; of integers only, if all features are.
pub fn cheapest(trees: &[Tree], of_integers: bool) -> Imported<Vec<Block>> {
    let steps = trees.iter().map(Tree::steps);
    if steps.fold(0usize, usize::saturating_add) > MAX_STEPS {
        return refuse(format!(
            "the ways to its leaves have more than {MAX_STEPS} steps; fit trees that are less deep (max_depth)"
        ));
    }
    let greatest = trees.iter().map(Tree::leaves).max().unwrap_or(0);
    let cut = |size: usize| -> Imported<(f64, Vec<Block>)> {
        let mut blocks = Vec::new();
        for tree in trees {
            blocks.extend(of_tree(tree, size, of_integers)?);
        }
        Ok((cost(&blocks), blocks))
    };
    let (whole_cost, whole) = cut(usize::MAX)?;
    let mut best = (whole_cost * WORTHWHILE, whole);
    // A size that cuts nothing is that of whole trees.
    for size in SIZES.into_iter().filter(|&size| size < greatest) {
        let made = cut(size)?;
        if made.0 < best.0 {
            best = made;
        }
    }
    Ok(best.1)
}

/// What blocks cost that are all padded to the greatest of them.
fn cost(blocks: &[Block]) -> f64 {
    let questions = blocks.iter().map(|b| b.questions.len()).max().unwrap_or(0) as f64;
    let leaves = blocks.iter().map(|b| b.leaves.len()).max().unwrap_or(0) as f64;
    let bits = BIT_COST * (questions + leaves);
    blocks.len() as f64 * (bits + WEIGHT_COST * questions * leaves)
}

/// One tree in blocks of so many leaves at most, as even as they can be.
fn of_tree(tree: &Tree, size: usize, of_integers: bool) -> Imported<Vec<Block>> {
    let count = tree.leaves();
    let number = count.div_ceil(size.max(1)).max(1);
    let mut blocks: Vec<Block> = vec![Block::default(); number];
    let mut known: Vec<BTreeMap<(u32, u32, u8, bool), usize>> = vec![BTreeMap::new(); number];
    let mut failed = None;
    tree.visit(|place, path, weights| {
        let at = place * number / count.max(1);
        let (Some(block), Some(known)) = (blocks.get_mut(at), known.get_mut(at)) else {
            return;
        };
        let mut way: BTreeMap<usize, bool> = BTreeMap::new();
        let mut is_possible = true;
        for &(node, answer) in path {
            let question = match question(&tree.nodes[node], of_integers) {
                Ok(Some(question)) => question,
                Ok(None) => continue,
                Err(refusal) => {
                    failed = Some(refusal);
                    return;
                }
            };
            let key = (
                question.feature,
                question.threshold.to_bits(),
                question.test as u8,
                question.if_missing,
            );
            let next = block.questions.len();
            let asked = *known.entry(key).or_insert(next);
            if asked == next {
                block.questions.push(question);
            }
            is_possible &= *way.entry(asked).or_insert(answer) == answer;
        }
        block.leaves.push(Leaf {
            way: is_possible.then(|| way.into_iter().collect()),
            weights: weights.to_vec(),
        });
    });
    match failed {
        Some(refusal) => Err(refusal),
        None => Ok(blocks),
    }
}

fn question(node: &TreeNode, of_integers: bool) -> Imported<Option<Question>> {
    let TreeNode::Branch {
        test,
        feature,
        threshold,
        tracks_missing,
        ..
    } = *node
    else {
        return Ok(None);
    };
    Ok(Some(Question {
        test,
        feature,
        threshold: test.threshold_of(threshold, of_integers)?,
        if_missing: test.of_missing(tracks_missing),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A full tree whose levels ask one question each.
    fn oblivious(depth: usize) -> Tree {
        let branches = (1 << depth) - 1;
        let nodes = (0..2 * branches + 1).map(|node: usize| match node < branches {
            true => TreeNode::Branch {
                test: Test::AtMost,
                feature: (node + 1).ilog2(),
                threshold: 0.5,
                children: [2 * node + 1, 2 * node + 2],
                tracks_missing: false,
            },
            false => TreeNode::Leaf {
                weights: vec![(0, 1.0)],
            },
        });
        Tree {
            nodes: nodes.collect(),
        }
    }

    /// A full tree whose branches all ask something else.
    fn full(depth: usize) -> Tree {
        let mut tree = oblivious(depth);
        for (number, node) in tree.nodes.iter_mut().enumerate() {
            if let TreeNode::Branch { threshold, .. } = node {
                *threshold = number as f64;
            }
        }
        tree
    }

    #[test]
    fn levels_of_an_oblivious_tree_are_a_question_each() {
        let blocks = cheapest(&[oblivious(6)], false).unwrap();
        assert_eq!(blocks.len(), 1);
        assert_eq!(blocks[0].questions.len(), 6);
        assert_eq!(blocks[0].leaves.len(), 64);
    }

    #[test]
    fn small_trees_stay_whole_and_large_ones_are_cut() {
        let small = cheapest(&[full(6)], false).unwrap();
        assert_eq!(small.len(), 1);
        assert_eq!(small[0].questions.len(), 63);
        let large = cheapest(&[full(12)], false).unwrap();
        assert!(large.len() > 8, "{} blocks", large.len());
        let leaves: usize = large.iter().map(|b| b.leaves.len()).sum();
        assert_eq!(leaves, 4096);
        let entries = large.len() * large[0].leaves.len() * large[0].questions.len();
        assert!(entries < 1 << 21, "{entries} entries");
    }

    /// A leaf behind both answers to one question is reached by nothing.
    #[test]
    fn contradictory_ways_are_none() {
        let mut tree = oblivious(2);
        for node in &mut tree.nodes {
            if let TreeNode::Branch { feature, .. } = node {
                *feature = 0;
            }
        }
        let blocks = cheapest(&[tree], false).unwrap();
        let reachable = blocks[0].leaves.iter().filter(|leaf| leaf.way.is_some());
        assert_eq!((blocks[0].questions.len(), reachable.count()), (1, 2));
    }
}
