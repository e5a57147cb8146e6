//! The trees of an ensemble, read from the parallel arrays of a node and checked: what comes out are trees.

use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use std::collections::{BTreeMap, BTreeSet};

/// What a branch asks of its feature. The branch's first child is taken where the answer is yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    AtMost,
    Below,
    AtLeast,
    Above,
    Equal,
    Unequal,
}

impl Test {
    /// The answer for a missing value: that of a comparison with NaN, unless the branch says yes to it.
    pub fn of_missing(self, tracks: bool) -> bool {
        tracks || self == Self::Unequal
    }

    /// A threshold as a number of single precision, as features are, or as an integer, if they are integers: such features compare with
    /// either alike.
    pub fn threshold_of(self, threshold: f64, of_integers: bool) -> Imported<f32> {
        let nearest = threshold as f32;
        let real = f64::from(nearest);
        Ok(match self {
            Self::AtMost | Self::Above if of_integers => threshold.floor() as f32,
            Self::Below | Self::AtLeast if of_integers => threshold.ceil() as f32,
            _ if real == threshold && (!of_integers || threshold.fract() == 0.0) => nearest,
            Self::Equal | Self::Unequal => {
                return refuse(format!(
                    "a branch asks for equality with {threshold}, which no feature can be"
                ));
            }
            Self::AtMost | Self::Above if real > threshold => nearest.next_down(),
            Self::Below | Self::AtLeast if real < threshold => nearest.next_up(),
            _ => nearest,
        })
    }
}

/// A node of a tree.
#[derive(Clone, Debug)]
pub enum TreeNode {
    Branch {
        test: Test,
        feature: u32,
        threshold: f64,
        /// The children, as positions in [`Tree::nodes`]: where the answer is yes, and where it is no.
        children: [usize; 2],
        /// Whether a missing value goes to the first child.
        tracks_missing: bool,
    },
    /// What reaching it adds, by class or target.
    Leaf { weights: Vec<(usize, f64)> },
}

/// One tree; its root is the first node, and every node is reached from it by one path.
#[derive(Clone, Debug)]
pub struct Tree {
    pub nodes: Vec<TreeNode>,
}

impl Tree {
    /// How many leaves it has.
    pub fn leaves(&self) -> usize {
        let is_leaf = |n: &&TreeNode| matches!(n, TreeNode::Leaf { .. });
        self.nodes.iter().filter(is_leaf).count()
    }

    /// The branches on the ways to all leaves together.
    pub fn steps(&self) -> usize {
        let mut total = 0usize;
        let mut pending = vec![(0usize, 0usize)];
        while let Some((position, depth)) = pending.pop() {
            match self.nodes.get(position) {
                Some(TreeNode::Branch { children, .. }) => {
                    pending.extend(children.iter().map(|&child| (child, depth + 1)));
                }
                _ => total = total.saturating_add(depth),
            }
        }
        total
    }

    /// Calls back at each leaf with its place among the leaves, the branches that lead there with the answers, and its weights.
    pub fn visit(&self, mut leaf: impl FnMut(usize, &[(usize, bool)], &[(usize, f64)])) {
        let mut path = Vec::new();
        // Nodes to visit, with the length of the path to their parents, and the step from there.
        let mut pending = vec![(0, 0, None)];
        let mut place = 0;
        while let Some((position, depth, step)) = pending.pop() {
            path.truncate(depth);
            path.extend(step);
            match &self.nodes[position] {
                TreeNode::Leaf { weights } => {
                    leaf(place, &path, weights);
                    place += 1;
                }
                TreeNode::Branch { children, .. } => {
                    for (answer, &child) in [(false, &children[1]), (true, &children[0])] {
                        pending.push((child, path.len(), Some((position, answer))));
                    }
                }
            }
        }
    }
}

/// The names of the arrays of leaf weights: a classifier's or a regressor's.
pub struct WeightNames {
    pub ids: &'static str,
    pub trees: &'static str,
    pub nodes: &'static str,
    pub weights: &'static str,
}

/// The arrays of a node.
struct Arrays<'a> {
    trees: &'a [i64],
    nodes: &'a [i64],
    features: &'a [i64],
    thresholds: Vec<f64>,
    modes: Vec<&'a str>,
    yes: &'a [i64],
    no: &'a [i64],
    /// Empty where no branch says where missing values go.
    missing: &'a [i64],
}

/// A node of the file: which tree, and its number there.
type Place = (i64, i64);

/// Reads the ensemble.
pub fn read(
    node: &Node<'_>,
    names: &WeightNames,
    features: usize,
    outputs: usize,
) -> Imported<Vec<Tree>> {
    let ints = |name: &str| node.ints(name).unwrap_or_default();
    let arrays = Arrays {
        trees: ints("nodes_treeids"),
        nodes: ints("nodes_nodeids"),
        features: ints("nodes_featureids"),
        thresholds: node.numbers("nodes_values")?,
        modes: node.strings("nodes_modes")?.unwrap_or_default(),
        yes: ints("nodes_truenodeids"),
        no: ints("nodes_falsenodeids"),
        missing: ints("nodes_missing_value_tracks_true"),
    };
    let count = arrays.trees.len();
    let mut lengths = vec![
        ("nodes_nodeids", arrays.nodes.len()),
        ("nodes_featureids", arrays.features.len()),
        ("nodes_values", arrays.thresholds.len()),
        ("nodes_modes", arrays.modes.len()),
        ("nodes_truenodeids", arrays.yes.len()),
        ("nodes_falsenodeids", arrays.no.len()),
    ];
    if !arrays.missing.is_empty() {
        lengths.push(("nodes_missing_value_tracks_true", arrays.missing.len()));
    }
    for (name, length) in lengths {
        if length != count {
            return refuse(format!(
                "attribute `{name}` has {length} entries, `nodes_treeids` {count}"
            ));
        }
    }
    let mut rows: BTreeMap<Place, usize> = BTreeMap::new();
    let mut roots: Vec<(i64, usize)> = Vec::new();
    let mut known = BTreeSet::new();
    for (row, place) in arrays
        .trees
        .iter()
        .copied()
        .zip(arrays.nodes.iter().copied())
        .enumerate()
    {
        if rows.insert(place, row).is_some() {
            return refuse(format!("node {} of tree {} occurs twice", place.1, place.0));
        }
        // As onnxruntime has it, the first of a tree's nodes is its root.
        if roots.last().is_none_or(|&(tree, _)| tree != place.0) {
            if !known.insert(place.0) {
                return refuse(format!(
                    "the nodes of tree {} are not in one place",
                    place.0
                ));
            }
            roots.push((place.0, row));
        }
    }
    if roots.is_empty() {
        return refuse("it has no trees");
    }
    let mut weights = leaf_weights(node, names, &rows, outputs)?;
    let trees = roots.into_iter();
    trees
        .map(|(tree, root)| arrays.tree(tree, root, &rows, &mut weights, features))
        .collect()
}

/// The weights by row of the node that they belong to.
fn leaf_weights(
    node: &Node<'_>,
    names: &WeightNames,
    rows: &BTreeMap<Place, usize>,
    outputs: usize,
) -> Imported<BTreeMap<usize, Vec<(usize, f64)>>> {
    let ints = |name: &str| node.ints(name).unwrap_or_default();
    let ids = ints(names.ids);
    let trees = ints(names.trees);
    let nodes = ints(names.nodes);
    let values = node.numbers(names.weights)?;
    for (name, length) in [
        (names.trees, trees.len()),
        (names.nodes, nodes.len()),
        (names.weights, values.len()),
    ] {
        if length != ids.len() {
            return refuse(format!(
                "attribute `{name}` has {length} entries, `{}` {}",
                names.ids,
                ids.len()
            ));
        }
    }
    let mut weights: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
    for (((&id, &tree), &node), value) in ids.iter().zip(trees).zip(nodes).zip(values) {
        let Some(&row) = rows.get(&(tree, node)) else {
            return refuse(format!(
                "a weight belongs to node {node} of tree {tree}, which does not exist"
            ));
        };
        let Some(id) = usize::try_from(id).ok().filter(|&id| id < outputs) else {
            return refuse(format!(
                "attribute `{}` holds {id}; there are {outputs} of them",
                names.ids
            ));
        };
        weights.entry(row).or_default().push((id, value));
    }
    Ok(weights)
}

impl Arrays<'_> {
    /// One tree from its root, breadth first; a node that is reached twice makes it no tree.
    fn tree(
        &self,
        tree: i64,
        root: usize,
        rows: &BTreeMap<Place, usize>,
        weights: &mut BTreeMap<usize, Vec<(usize, f64)>>,
        features: usize,
    ) -> Imported<Tree> {
        let mut order = vec![root];
        let mut reached = BTreeSet::from([root]);
        let mut nodes = Vec::new();
        while let Some(&row) = order.get(nodes.len()) {
            let Some(test) = self.test(row)? else {
                let weights = weights.remove(&row).unwrap_or_default();
                nodes.push(TreeNode::Leaf { weights });
                continue;
            };
            let number = self.nodes[row];
            if weights.contains_key(&row) {
                return refuse(format!(
                    "node {number} of tree {tree} is a branch, but has a weight"
                ));
            }
            let feature = feature(self.features[row], features);
            let Some(feature) = feature else {
                return refuse(format!(
                    "node {number} of tree {tree} reads feature {} of {features}",
                    self.features[row]
                ));
            };
            let mut children = [0; 2];
            for (slot, id) in children.iter_mut().zip([self.yes[row], self.no[row]]) {
                let Some(&child) = rows.get(&(tree, id)) else {
                    return refuse(format!(
                        "node {number} of tree {tree} has the child {id}, which does not exist"
                    ));
                };
                if !reached.insert(child) {
                    return refuse(format!(
                        "node {id} of tree {tree} is reached in two ways: this is no tree"
                    ));
                }
                *slot = order.len();
                order.push(child);
            }
            nodes.push(TreeNode::Branch {
                test,
                feature,
                threshold: self.thresholds[row],
                children,
                tracks_missing: self.missing.get(row).is_some_and(|&tracks| tracks != 0),
            });
        }
        Ok(Tree { nodes })
    }

    /// What a node asks; `None` for a leaf.
    fn test(&self, row: usize) -> Imported<Option<Test>> {
        Ok(Some(match self.modes[row] {
            "LEAF" => return Ok(None),
            "BRANCH_LEQ" => Test::AtMost,
            "BRANCH_LT" => Test::Below,
            "BRANCH_GTE" => Test::AtLeast,
            "BRANCH_GT" => Test::Above,
            "BRANCH_EQ" => Test::Equal,
            "BRANCH_NEQ" => Test::Unequal,
            mode => return refuse(format!("attribute `nodes_modes` holds `{mode}`")),
        }))
    }
}

/// The place of a feature among so many.
pub fn feature(given: i64, features: usize) -> Option<u32> {
    let place = usize::try_from(given).ok().filter(|&f| f < features)?;
    u32::try_from(place).ok()
}
