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
//! Trees are padded to the greatest count of branches and leaves; a padded leaf is reached by no sample.

use super::scores::{Classes, Scores, Transform, finish, finish_binary, regression};
use super::trees::{Test, Tree, TreeNode, WeightNames, read};
use super::{Imported, MAX_ENTRIES, Node, Value, refuse};
use crate::function::Function;
use crate::graph::{Axes, Graph, LayerId, Summand};
use inferproof_view::Step;

/// Trees, and what is read of them.
struct Ensemble<'a> {
    origin: &'a str,
    trees: &'a [Tree],
    /// `[samples, features]`.
    source: LayerId,
    samples: usize,
    features: usize,
    /// The greatest count of leaves.
    leaves: usize,
}

/// Which bit of a branch: its feature is above the threshold, or below.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Above,
    Below,
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
}

impl Tree {
    /// Each node's place among the branches that have this bit.
    fn places(&self, side: Side) -> Vec<Option<usize>> {
        let mut count = 0;
        let places = self.nodes.iter().map(|node| match node {
            TreeNode::Branch { test, .. } if test.needs(side).is_some() => {
                count += 1;
                Some(count - 1)
            }
            _ => None,
        });
        places.collect()
    }

    /// Whether the way that gives this answer at a node needs the bit to be 1.
    fn needs(&self, node: usize, side: Side, answer: bool) -> bool {
        match self.nodes[node] {
            TreeNode::Branch { test, .. } => test.needs(side) == Some(answer),
            TreeNode::Leaf { .. } => false,
        }
    }
}

impl Ensemble<'_> {
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

    /// The bits of one side, `[trees, samples, branches]`, and the matrix of ways, `[trees, leaves, branches]`.
    fn bits(&self, graph: &mut Graph, side: Side) -> Imported<Option<(LayerId, LayerId)>> {
        let trees = self.trees.len();
        let places: Vec<_> = self.trees.iter().map(|t| t.places(side)).collect();
        let counts = places.iter().map(|p| p.iter().flatten().count());
        let branches = counts.max().unwrap_or(0);
        if branches == 0 {
            return Ok(None);
        }
        let entries = self.room([trees, branches, self.samples])? / self.samples;
        let path_entries = self.room([trees, self.leaves, branches])?;
        let mut index = vec![None; entries];
        let mut thresholds = vec![0f32; entries];
        let mut paths = vec![0f32; path_entries];
        for (t, (tree, places)) in self.trees.iter().zip(&places).enumerate() {
            for (node, place) in tree.nodes.iter().zip(places) {
                if let (
                    TreeNode::Branch {
                        feature, threshold, ..
                    },
                    Some(place),
                ) = (node, place)
                {
                    index[t * branches + place] = Some(*feature);
                    thresholds[t * branches + place] = *threshold;
                }
            }
            tree.visit(|leaf, path, _| {
                let row = (t * self.leaves + leaf) * branches;
                for &(node, answer) in path {
                    if let Some(place) = places[node] {
                        let needed = tree.needs(node, side, answer);
                        paths[row + place] = if needed { 1.0 } else { -1.0 };
                    }
                }
            });
        }
        let gather = vec![
            Step::Gather {
                axis: 1,
                source: self.features,
                index,
            },
            Step::Split {
                axis: 1,
                sizes: vec![trees, branches],
            },
            Step::Permute(vec![1, 0, 2]),
        ];
        let sign = match side {
            Side::Above => 1.0,
            Side::Below => -1.0,
        };
        let thresholds = graph.add_constant(self.origin, vec![trees, branches], thresholds);
        let terms = vec![
            graph.summand(sign, self.source, gather)?,
            graph.summand(-sign, thresholds, self.repeated())?,
        ];
        let difference = graph.sum(self.origin, terms);
        let bits = graph.apply(self.origin, difference, Function::Positive);
        let paths = graph.add_constant(self.origin, vec![trees, self.leaves, branches], paths);
        Ok(Some((bits, paths)))
    }

    /// A tensor of one entry for each tree and something, repeated for all samples.
    fn repeated(&self) -> Vec<Step> {
        let len = self.samples;
        vec![Step::Insert { axis: 1, len }]
    }

    /// 1 at the leaf that a sample reaches in a tree, `[trees, samples, leaves]`.
    fn reached(&self, graph: &mut Graph) -> Imported<LayerId> {
        let trees = self.trees.len();
        let entries = self.room([trees, self.leaves, self.samples])? / self.samples;
        // One more than minus the count of ones; a padded leaf stays at zero.
        let mut offsets = vec![0f32; entries];
        let mut terms: Vec<Summand> = Vec::new();
        for side in [Side::Above, Side::Below] {
            let Some((bits, paths)) = self.bits(graph, side)? else {
                continue;
            };
            let axes = Axes {
                shared: 1,
                left_free: 1,
                right_free: 1,
                contracted: 1,
            };
            let product = graph.contract(self.origin, bits, paths, axes);
            terms.push(graph.summand(1.0, product, vec![])?);
        }
        for (t, tree) in self.trees.iter().enumerate() {
            tree.visit(|leaf, path, _| {
                // An inequality needs one of its two bits, so a branch counts once.
                let needs = |node, answer| {
                    let sides = [Side::Above, Side::Below];
                    sides.iter().any(|&side| tree.needs(node, side, answer))
                };
                let ones = path.iter().filter(|&&(node, answer)| needs(node, answer));
                offsets[t * self.leaves + leaf] = 1.0 - ones.count() as f32;
            });
        }
        let offsets = graph.add_constant(self.origin, vec![trees, self.leaves], offsets);
        terms.push(graph.summand(1.0, offsets, self.repeated())?);
        let matched = graph.sum(self.origin, terms);
        Ok(graph.apply(self.origin, matched, Function::Positive))
    }

    /// The sums over trees, `[samples, outputs]`.
    fn sums(&self, graph: &mut Graph, outputs: usize, factor: f64) -> Imported<LayerId> {
        let trees = self.trees.len();
        let entries = self.room([outputs, trees, self.leaves])?;
        let reached = self.reached(graph)?;
        let mut weights = vec![0f32; entries];
        for (t, tree) in self.trees.iter().enumerate() {
            tree.visit(|leaf, _, given| {
                for &(output, weight) in given {
                    let place = (output * trees + t) * self.leaves + leaf;
                    weights[place] += (f64::from(weight) * factor) as f32;
                }
            });
        }
        let weights = graph.add_constant(self.origin, vec![outputs, trees, self.leaves], weights);
        let reached = graph.view(self.origin, reached, vec![Step::Permute(vec![1, 0, 2])])?;
        let axes = Axes {
            shared: 0,
            left_free: 1,
            right_free: 1,
            contracted: 2,
        };
        Ok(graph.contract(self.origin, reached, weights, axes))
    }
}

/// Reads a node's trees and hands them on with its input.
fn with_trees<T>(
    graph: &mut Graph,
    node: &Node<'_>,
    names: &WeightNames,
    outputs: usize,
    then: impl FnOnce(&mut Graph, &Ensemble<'_>) -> Imported<T>,
) -> Imported<T> {
    let (source, samples, features) = node.rows(graph)?;
    let trees = read(&node.attributes, names, features, outputs)?;
    let ensemble = Ensemble {
        origin: &node.origin,
        trees: &trees,
        source,
        samples,
        features,
        leaves: trees.iter().map(Tree::leaves).max().unwrap_or(0),
    };
    then(graph, &ensemble)
}

/// `base_values`: none, or one for each output.
fn base_values<'a>(node: &Node<'a>, outputs: usize) -> Imported<&'a [f32]> {
    let base = node.attributes.floats("base_values")?;
    if !base.is_empty() && base.len() != outputs {
        return refuse(format!(
            "attribute `base_values` has {} entries; expected none or {outputs}",
            base.len()
        ));
    }
    Ok(base)
}

pub fn regressor(graph: &mut Graph, node: &Node<'_>) -> Imported<Vec<Value>> {
    let names = WeightNames {
        ids: "target_ids",
        trees: "target_treeids",
        nodes: "target_nodeids",
        weights: "target_weights",
    };
    let targets = node.attributes.int("n_targets", 1);
    let Some(targets) = usize::try_from(targets)
        .ok()
        .filter(|n| (1..=MAX_ENTRIES).contains(n))
    else {
        return refuse(format!("attribute `n_targets` is {targets}"));
    };
    let base = base_values(node, targets)?;
    let is_average = match node.attributes.word("aggregate_function", "SUM")? {
        "SUM" => false,
        "AVERAGE" => true,
        other => {
            return refuse(format!(
                "attribute `aggregate_function` is `{other}`; SUM and AVERAGE are supported"
            ));
        }
    };
    let transform = Transform::of(&node.attributes)?;
    let sums = with_trees(graph, node, &names, targets, |graph, ensemble| {
        let count = ensemble.trees.len() as f64;
        ensemble.sums(graph, targets, if is_average { 1.0 / count } else { 1.0 })
    })?;
    let scores = Scores::new(graph, &node.origin, sums, base)?;
    regression(graph, &scores, transform)
}

pub fn classifier(graph: &mut Graph, node: &Node<'_>) -> Imported<Vec<Value>> {
    let names = WeightNames {
        ids: "class_ids",
        trees: "class_treeids",
        nodes: "class_nodeids",
        weights: "class_weights",
    };
    let classes = Classes::of(&node.attributes, "classlabels_int64s")?;
    let transform = Transform::of(&node.attributes)?;
    let ids = node.attributes.ints("class_ids");
    let is_positive = node
        .attributes
        .floats("class_weights")?
        .iter()
        .all(|&w| w >= 0.0);
    if classes.len() == 2 {
        let base = node.attributes.floats("base_values")?;
        // One column of weights stands for both classes; it bears the number of the first.
        if ids.iter().all(|&id| id == 0) && base.len() <= 1 {
            let sums = with_trees(graph, node, &names, 1, |g, e| e.sums(g, 1, 1.0))?;
            let scores = Scores::new(graph, &node.origin, sums, base)?;
            let threshold = if is_positive { 0.5 } else { 0.0 };
            return finish_binary(graph, &scores, &classes, transform, threshold);
        }
        if !base.is_empty() {
            return refuse(
                "base values where two classes have a column of weights each, or only the second has: their meaning is not defined; add them to the \
                 weights of a tree",
            );
        }
    }
    let base = base_values(node, classes.len())?;
    let sums = with_trees(graph, node, &names, classes.len(), |graph, ensemble| {
        ensemble.room([classes.len(), ensemble.trees.len(), ensemble.leaves])?;
        // What onnxruntime answers for a class to which no reached leaf adds anything, it makes depend on that.
        let scored = always_scored(ensemble.trees, classes.len());
        let required = if classes.len() == 2 {
            &scored[1..]
        } else {
            &scored[..]
        };
        let is_open = base.is_empty() && required.contains(&false);
        if is_open && (classes.len() == 2 || !is_positive) {
            return refuse(
                "some sample may reach no leaf with a weight for some class; give every leaf of one tree a weight (zero, say) for each class",
            );
        }
        ensemble.sums(graph, classes.len(), 1.0)
    })?;
    let scores = Scores::new(graph, &node.origin, sums, base)?;
    if classes.len() > 2 {
        return finish(graph, &scores, &classes, transform);
    }
    // onnxruntime looks at the second class alone.
    let threshold = if ids.iter().all(|&id| id == 1) && is_positive {
        0.5
    } else {
        0.0
    };
    if !ids.iter().all(|&id| id == 1) && !classes.are_positions() {
        return refuse(
            "two classes with a column of weights each, whose labels are not 0 and 1: onnxruntime answers 0 and 1 all the same",
        );
    }
    let second = scores.column(graph, 1)?;
    let label = second.decided(graph, &classes, threshold)?;
    let scores = transform.apply(graph, &node.origin, scores.layer)?;
    Ok(vec![
        label,
        Value {
            layer: scores,
            is_integer: false,
        },
    ])
}

/// For each class, whether every sample reaches a leaf that has a weight for it.
fn always_scored(trees: &[Tree], classes: usize) -> Vec<bool> {
    let mut always = vec![false; classes];
    for tree in trees {
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
