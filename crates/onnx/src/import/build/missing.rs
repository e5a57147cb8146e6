//! Missing values (NaN) of inputs: which entries are missing, and what the others are.
//!
//! An operation that says what it makes of a missing value reads two tensors in the place of one: truth values for what is missing, and the
//! entries with zero there. Both begin at the inputs, from where rearrangements are repeated: nothing else carries a missing value.

use crate::function::Function;
use crate::graph::{Kind, LayerId, Summand};
use crate::import::Importer;
use crate::import::known::missing::MaybeMissing;
use crate::import::refusal::Imported;
use std::collections::{BTreeMap, BTreeSet};

impl Importer<'_> {
    /// The entries of a layer, and which of them are missing.
    pub fn maybe_missing(&mut self, origin: &str, layer: LayerId) -> Imported<MaybeMissing> {
        if let Some(&known) = self.maybe_missing.get(&layer) {
            return Ok(known);
        }
        let mut needed = BTreeSet::from([layer]);
        let mut pending = vec![layer];
        while let Some(next) = pending.pop() {
            let kind = &self.graph.layer(next).kind;
            if kind.only_moves() {
                let sources = kind.sources();
                pending.extend(sources.into_iter().filter(|&source| needed.insert(source)));
            }
        }
        let mut known: BTreeMap<LayerId, MaybeMissing> = BTreeMap::new();
        // A layer stands behind those that it reads.
        for next in needed {
            let mut own = MaybeMissing {
                present: next,
                missing: None,
            };
            match self.graph.layer(next).kind.clone() {
                Kind::Input {
                    integral: false, ..
                } => {
                    own.present = self.graph.apply(origin, next, Function::Present);
                    own.missing = Some(self.graph.apply(origin, next, Function::Missing));
                }
                Kind::Linear(terms) if self.graph.layer(next).kind.only_moves() => {
                    let shape = self.graph.shape(next).to_vec();
                    let of = |source: Option<LayerId>| source.and_then(|s| known.get(&s));
                    let missing = terms.iter().filter_map(|term| {
                        let source = of(term.source)?.missing?;
                        Some(Summand {
                            source: Some(source),
                            ..term.clone()
                        })
                    });
                    let missing: Vec<Summand> = missing.collect();
                    if !missing.is_empty() {
                        let present = terms.iter().map(|term| Summand {
                            source: of(term.source).map(|own| own.present).or(term.source),
                            ..term.clone()
                        });
                        let present = Kind::Linear(present.collect());
                        own.present = self.graph.push(origin, shape.clone(), present);
                        own.missing = Some(self.graph.push(origin, shape, Kind::Linear(missing)));
                    }
                }
                _ => {}
            }
            known.insert(next, own);
        }
        let own = known.get(&layer).copied().unwrap_or(MaybeMissing {
            present: layer,
            missing: None,
        });
        self.maybe_missing.insert(layer, own);
        Ok(own)
    }

    /// The entries of a layer beside a condition: where that says which of them are missing, zero stands for these.
    pub fn beside(&self, condition: LayerId, layer: LayerId) -> LayerId {
        match self.maybe_missing.get(&layer) {
            Some(own) if own.missing == Some(condition) => own.present,
            _ => layer,
        }
    }
}
