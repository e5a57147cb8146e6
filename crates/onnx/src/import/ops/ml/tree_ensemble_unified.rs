//! TreeEnsemble: the form that version 5 of the domain has for all ensembles, with branches and leaves in arrays of their own.

use crate::import::Importer;
use crate::import::build::classical::ensemble::Ensemble;
use crate::import::build::classical::scores::{Scores, Transform};
use crate::import::build::classical::trees::{Test, Tree, TreeNode, feature};
use crate::import::domains::ML;
use crate::import::limits::MAX_ENTRIES;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int, ints, tensor};
use crate::import::value::Value;

inventory::submit! {
    Operation::new("TreeEnsemble", &[5], import)
        .domain(ML)
        .attributes(&[
            int("aggregate_function"),
            ints("leaf_targetids"),
            tensor("leaf_weights"),
            tensor("membership_values"),
            int("n_targets"),
            ints("nodes_falseleafs"),
            ints("nodes_falsenodeids"),
            ints("nodes_featureids"),
            tensor("nodes_hitrates"),
            ints("nodes_missing_value_tracks_true"),
            tensor("nodes_modes"),
            tensor("nodes_splits"),
            ints("nodes_trueleafs"),
            ints("nodes_truenodeids"),
            int("post_transform"),
            ints("tree_roots"),
        ])
        .row(
            "aggregate_function SUM or AVERAGE, post_transform NONE, LOGISTIC or SOFTMAX",
            "signs of differences, contractions",
        )
}

/// Nodes of one tree at most: those behind a test for membership are repeated for each member.
const MAX_NODES: usize = 1 << 18;

/// What a branch asks, as the file numbers it.
const MEMBER: i64 = 6;

/// The arrays of a node.
struct Arrays<'a> {
    modes: Vec<i64>,
    features: &'a [i64],
    splits: Vec<f64>,
    missing: &'a [i64],
    /// For the answers yes and no: positions of children, and whether they are leaves.
    children: [(&'a [i64], &'a [i64]); 2],
    /// For each branch that asks for membership, the members.
    members: Vec<Vec<f64>>,
    targets: &'a [i64],
    weights: Vec<f64>,
}

/// A part of a tree that is still to be read: a branch from one of its members on, or a leaf.
#[derive(Clone, Copy)]
enum Part {
    Branch { position: usize, member: usize },
    Leaf(usize),
}

fn reals(node: &Node<'_>, name: &str) -> Imported<Vec<f64>> {
    let tensor = node.tensor(name)?;
    Ok(tensor.and_then(|t| t.reals()).unwrap_or_default())
}

impl<'a> Arrays<'a> {
    fn of(node: &Node<'a>) -> Imported<Self> {
        let list = |name: &str| node.ints(name).unwrap_or_default();
        let modes = node.tensor("nodes_modes")?;
        let modes = modes
            .as_ref()
            .and_then(|t| t.integers())
            .unwrap_or_default();
        let mut members = vec![vec![]];
        for value in reals(node, "membership_values")? {
            match (value.is_nan(), members.last_mut()) {
                (true, _) => members.push(vec![]),
                (false, Some(last)) => last.push(value),
                (false, None) => {}
            }
        }
        let mut members = members.into_iter().filter(|set| !set.is_empty());
        // In the order of the branches that ask for membership.
        let members = modes.iter().map(|&mode| match mode {
            MEMBER => members.next().unwrap_or_default(),
            _ => vec![],
        });
        let arrays = Self {
            members: members.collect(),
            modes: modes.to_vec(),
            features: list("nodes_featureids"),
            // Inputs are in single precision, so that a threshold of double precision must be for what equals it to be found equal.
            // A branch that asks for membership has none, and may have NaN in its place.
            splits: reals(node, "nodes_splits")?
                .into_iter()
                .zip(modes)
                .map(|(split, &mode)| match mode {
                    MEMBER => 0.0,
                    _ => f64::from(split as f32),
                })
                .collect(),
            missing: list("nodes_missing_value_tracks_true"),
            children: [
                (list("nodes_truenodeids"), list("nodes_trueleafs")),
                (list("nodes_falsenodeids"), list("nodes_falseleafs")),
            ],
            targets: list("leaf_targetids"),
            weights: reals(node, "leaf_weights")?,
        };
        let count = arrays.modes.len();
        let [yes, no] = arrays.children;
        let lengths = [
            arrays.features.len(),
            arrays.splits.len(),
            yes.0.len(),
            yes.1.len(),
        ];
        let lengths = lengths.into_iter().chain([no.0.len(), no.1.len()]);
        if { lengths }.any(|length| length != count) || arrays.targets.len() != arrays.weights.len()
        {
            return refuse("its attributes `nodes_*`, or `leaf_*`, have different lengths");
        }
        if !arrays.missing.is_empty() && arrays.missing.len() != count {
            return refuse(
                "attribute `nodes_missing_value_tracks_true` has another length than `nodes_modes`",
            );
        }
        let numbers = arrays.splits.iter().chain(&arrays.weights);
        match { numbers }.find(|v| !v.is_finite()) {
            Some(bad) => refuse(format!("its splits or weights hold {bad}")),
            None => Ok(arrays),
        }
    }

    /// One tree, breadth first.
    fn tree(&self, root: usize, features: usize, targets: usize) -> Imported<Tree> {
        let mut order = vec![Part::Branch {
            position: root,
            member: 0,
        }];
        let mut nodes = Vec::new();
        while let Some(&part) = order.get(nodes.len()) {
            if order.len() > MAX_NODES {
                return refuse(format!(
                    "a tree has more than {MAX_NODES} nodes, or one of them is reached from itself"
                ));
            }
            match part {
                Part::Leaf(leaf) => nodes.push(self.leaf(leaf, targets)?),
                Part::Branch { position, member } => {
                    let branch = self.branch(position, member, features, &mut order)?;
                    nodes.push(branch);
                }
            }
        }
        Ok(Tree { nodes })
    }

    fn leaf(&self, leaf: usize, targets: usize) -> Imported<TreeNode> {
        let (Some(&target), Some(&weight)) = (self.targets.get(leaf), self.weights.get(leaf))
        else {
            return refuse(format!(
                "a branch leads to leaf {leaf}, which does not exist"
            ));
        };
        match usize::try_from(target).ok().filter(|&t| t < targets) {
            Some(target) => Ok(TreeNode::Leaf {
                weights: vec![(target, weight)],
            }),
            None => refuse(format!(
                "attribute `leaf_targetids` holds {target}; there are {targets} targets"
            )),
        }
    }

    fn branch(
        &self,
        position: usize,
        member: usize,
        features: usize,
        order: &mut Vec<Part>,
    ) -> Imported<TreeNode> {
        let (Some(&mode), Some(&split), Some(&given)) = (
            self.modes.get(position),
            self.splits.get(position),
            self.features.get(position),
        ) else {
            return refuse(format!("it reads branch {position}, which does not exist"));
        };
        let Some(feature) = feature(given, features) else {
            return refuse(format!(
                "branch {position} reads feature {given} of {features}"
            ));
        };
        let test = match mode {
            0 => Test::AtMost,
            1 => Test::Below,
            2 => Test::AtLeast,
            3 => Test::Above,
            4 | MEMBER => Test::Equal,
            5 => Test::Unequal,
            other => return refuse(format!("attribute `nodes_modes` holds {other}")),
        };
        let members = self.members.get(position).map_or(&[][..], |set| &set[..]);
        let threshold = match (mode, members.get(member)) {
            (MEMBER, Some(&value)) => value,
            (MEMBER, None) => {
                return refuse(format!("branch {position} asks for membership of nothing"));
            }
            _ => split,
        };
        let mut children = [0; 2];
        for (answer, slot) in children.iter_mut().enumerate() {
            *slot = order.len();
            // What is not the first member may be the next.
            let is_next = answer == 1 && mode == MEMBER && member + 1 < members.len();
            order.push(match is_next {
                true => Part::Branch {
                    position,
                    member: member + 1,
                },
                false => self.child(position, answer)?,
            });
        }
        Ok(TreeNode::Branch {
            test,
            feature,
            threshold,
            children,
            tracks_missing: self
                .missing
                .get(position)
                .is_some_and(|&tracks| tracks != 0),
        })
    }

    fn child(&self, position: usize, answer: usize) -> Imported<Part> {
        let found = self.children.get(answer).and_then(|(places, leaves)| {
            let place = usize::try_from(*places.get(position)?).ok()?;
            Some((place, *leaves.get(position)? != 0))
        });
        match found {
            Some((leaf, true)) => Ok(Part::Leaf(leaf)),
            Some((position, false)) => Ok(Part::Branch {
                position,
                member: 0,
            }),
            None => refuse(format!("branch {position} has a child that does not exist")),
        }
    }
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let given = node.int_or("n_targets", 1);
    let targets = usize::try_from(given).ok();
    let Some(targets) = targets.filter(|n| (1..=MAX_ENTRIES).contains(n)) else {
        return refuse(format!("attribute `n_targets` is {given}"));
    };
    let transform = match node.int_or("post_transform", 0) {
        0 => Transform::None,
        1 => Transform::Softmax,
        2 => Transform::Logistic,
        other => {
            return refuse(format!(
                "attribute `post_transform` is {other}; NONE (0), SOFTMAX (1) and LOGISTIC (2) are supported"
            ));
        }
    };
    let is_average = match node.int_or("aggregate_function", 1) {
        0 => true,
        1 => false,
        other => {
            return refuse(format!(
                "attribute `aggregate_function` is {other}; AVERAGE (0) and SUM (1) are supported"
            ));
        }
    };
    let rows = importer.feature_rows(node)?;
    let arrays = Arrays::of(node)?;
    let mut trees = Vec::new();
    for &root in node.ints("tree_roots").unwrap_or_default() {
        trees.push(arrays.tree(usize::try_from(root)?, rows.features, targets)?);
    }
    if trees.is_empty() {
        return refuse("it has no trees");
    }
    let factor = match is_average {
        true => 1.0 / trees.len() as f64,
        false => 1.0,
    };
    let sums =
        Ensemble::new(importer, &node.origin, &trees, rows)?.sums(importer, targets, factor)?;
    let scores = Scores::new(importer, &node.origin, sums, &[])?;
    let layer = scores.finish_regression(importer, transform)?;
    match (node.element(0)?, layer.into_iter().next()) {
        (element, Some(Value::Computed { layer, .. })) => Ok(vec![Value::computed(layer, element)]),
        _ => refuse("it makes no scores"),
    }
}
