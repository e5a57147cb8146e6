//! Which nodes of the model brought the places at which tensors are read.
//!
//! A view is read through by whatever follows it, and has no layer of its own then. What stands in it has still come from its node, and is
//! told by that one's name.

use inferproof_view::Step;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Nodes by the index arrays that they brought, of which it keeps digests.
#[derive(Clone, Debug, Default)]
pub struct Provenance(BTreeMap<u64, BTreeSet<String>>);

impl Provenance {
    /// Notes the arrays in the steps of a node.
    pub fn note(&mut self, origin: &str, steps: &[Step]) {
        for step in steps {
            if let Step::Gather { index, .. } = step {
                let nodes = self.0.entry(digest(index)).or_default();
                if !nodes.contains(origin) {
                    nodes.insert(origin.to_owned());
                }
            }
        }
    }

    /// The nodes that brought an array.
    pub fn of(&self, index: &[Option<u32>]) -> impl Iterator<Item = &String> {
        self.0.get(&digest(index)).into_iter().flatten()
    }
}

fn digest(index: &[Option<u32>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    index.hash(&mut hasher);
    hasher.finish()
}
