//! Message 4: the leaf claims and the linear relations become one linear claim on what relations read.

use crate::error::Reject;
use crate::parallel;
use crate::script::arithmetic::{Arithmetic, Ring, Value};
use crate::script::claims::{
    ContractionClaim, Read, TensorClaim, eq_axes, eq_axes_sum, read, view_error,
};
use crate::script::party::TreeParty;
use crate::script::tables::{TableSums, suffix_sums};
use crate::script::tree::LeafClaims;
use crate::script::{Script, inconsistent};
use crate::transcript::Challenge;
use inferproof_relations::bits_of;
use inferproof_relations::{Block, Leaves, Lookup, Place, PullbackId, ReadingId, Relations, Term};
use inferproof_view::Functional;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// All relations hold if these claims add up to the value.
pub(crate) struct MergedClaim<'a, A: Arithmetic, S> {
    pub script: Script<'a, A>,
    pub party: S,
    pub value: A::Value,
    pub direct: Vec<TensorClaim<A::Known>>,
    pub contractions: Vec<ContractionClaim<A::Known>>,
}

impl<'a, A: Arithmetic, S: TreeParty<A::Known>> LeafClaims<'a, A, S> {
    pub(crate) fn merge(self) -> Result<MergedClaim<'a, A, S::Contractions>, S::Error> {
        let Self {
            mut script,
            party,
            alpha,
            gamma,
            point,
            numerator,
            denominator,
        } = self;
        let relations = script.relations;
        let linears = relations.parts().linears.iter();
        let zetas: Vec<Vec<A::Known>> = linears
            .map(|linear| {
                let bits = linear.shape.iter().map(|&n| bits_of(n)).sum();
                script.challenges(Challenge::Zeta, bits)
            })
            .collect();
        let eta = script.challenge(Challenge::Eta);
        let mut sum = Combination {
            relations,
            functionals: functionals(relations, &point, &zetas)?,
            factors: vec![A::Known::zero(); relations.readings().all.len()],
            known: A::Known::zero(),
        };
        sum.add_leaves(&point, alpha, gamma, eta)?;
        sum.add_linears(eta)?;
        let Readings {
            known,
            direct,
            contractions,
        } = sum.read(script.publics)?;
        let mut value = numerator;
        value.add_scaled(eta, &denominator);
        value.add_known(-known);
        let party = party.claims(&direct, &contractions)?;
        Ok(MergedClaim {
            script,
            party,
            value,
            direct,
            contractions,
        })
    }
}

/// A functional pulled back.
struct Pulled<K> {
    functional: Functional<K>,
    /// Its point, if it is the truncated `eq` vector of one axis.
    eq_point: Option<Arc<[K]>>,
}

/// The functional of every pullback.
fn functionals<K: Ring>(
    relations: &Relations,
    point: &[K],
    zetas: &[Vec<K>],
) -> Result<Vec<Pulled<K>>, Reject> {
    let functionals = parallel::map(&relations.readings().pullbacks, |pullback| {
        let point = match pullback.place {
            Place::Block(bits) => point
                .get(point.len().saturating_sub(bits)..)
                .unwrap_or_default(),
            Place::Linear(i) => zetas.get(i).map_or(&[][..], Vec::as_slice),
        };
        let functional = Functional::product(eq_axes(point, pullback.view.target()));
        let is_one_axis = pullback.view.steps().is_empty() && pullback.view.target().len() == 1;
        Ok(Pulled {
            functional: functional.pull_back(&pullback.view).map_err(view_error)?,
            eq_point: is_one_axis.then(|| point.into()),
        })
    });
    functionals.into_iter().collect()
}

/// A sum of readings under factors, and of what is known.
struct Combination<'a, K> {
    relations: &'a Relations,
    functionals: Vec<Pulled<K>>,
    /// The factor of each reading.
    factors: Vec<K>,
    known: K,
}

impl<K: Ring> Combination<'_, K> {
    fn add(&mut self, reading: ReadingId, factor: K) -> Result<(), Reject> {
        let slot = self.factors.get_mut(reading.index());
        slot.map(|slot| *slot += factor).ok_or_else(inconsistent)
    }

    fn add_terms(
        &mut self,
        terms: &[Term],
        readings: &[ReadingId],
        factor: K,
    ) -> Result<(), Reject> {
        let mut terms = terms.iter().zip(readings);
        terms.try_for_each(|(term, &reading)| self.add(reading, factor * K::from(term.coefficient)))
    }

    /// What all leaves' numerators, and eta times their denominators, are at the point.
    fn add_leaves(&mut self, point: &[K], alpha: K, gamma: K, eta: K) -> Result<(), Reject> {
        let (relations, one) = (self.relations, K::one());
        let parts = relations.parts();
        let of_tables = self.tables();
        let mut uncovered = one;
        for block in relations.blocks() {
            let bits = point.len().saturating_sub(block.bits);
            let (high, low) = point.split_at_checked(bits).unwrap_or_default();
            let weight = prefix_weight(block, high);
            uncovered -= weight;
            match block.leaves {
                Leaves::Lookup(i) => {
                    let lookup = parts
                        .lookups
                        .get(i)
                        .zip(relations.readings().of_lookups.get(i));
                    let (lookup, readings) = lookup.ok_or_else(inconsistent)?;
                    let selected = eq_axes_sum(low, &lookup.shape);
                    let tag = tag(lookup.table);
                    // A real leaf is (1, gamma - tag - tuple), a padding leaf (0, 1) (must 3).
                    self.known +=
                        weight * (selected + eta * (one - selected + selected * (gamma - tag)));
                    self.add_columns(lookup, readings, alpha, -eta * weight)?;
                }
                Leaves::Table(i) => {
                    let sums = of_tables.get(i).copied().flatten();
                    let reading = relations.readings().of_tables.get(i);
                    let (sums, &reading) = sums.zip(reading).ok_or_else(inconsistent)?;
                    let denominators = sums.weights * (gamma - tag(i))
                        - alpha * sums.first
                        - alpha.square() * sums.second;
                    self.known += eta * weight * (one - sums.weights + denominators);
                    self.add(reading, -weight)?;
                }
            }
        }
        self.known += eta * uncovered;
        Ok(())
    }

    fn add_columns(
        &mut self,
        lookup: &Lookup,
        readings: &[Vec<ReadingId>],
        alpha: K,
        factor: K,
    ) -> Result<(), Reject> {
        let mut power = factor;
        for (column, readings) in lookup.columns.iter().zip(readings) {
            power *= alpha;
            self.add_terms(column, readings, power)?;
        }
        Ok(())
    }

    /// The linear relations, under the powers of eta from the second on.
    fn add_linears(&mut self, eta: K) -> Result<(), Reject> {
        let relations = self.relations;
        let mut power = eta;
        for (linear, readings) in relations
            .parts()
            .linears
            .iter()
            .zip(&relations.readings().of_linears)
        {
            power *= eta;
            self.add_terms(&linear.terms, readings, power)?;
        }
        Ok(())
    }

    /// The sums over each table's tuples. Multiplicities are read by the weights of their table's entries, and tables of one size stand at
    /// one point, so they share them.
    fn tables(&self) -> Vec<Option<TableSums<K>>> {
        let relations = self.relations;
        let readings = relations.readings();
        let pullback_of = |reading: &ReadingId| Some(readings.all.get(reading.index())?.pullback);
        let pullbacks: Vec<_> = readings.of_tables.iter().map(pullback_of).collect();
        let distinct: BTreeSet<PullbackId> = pullbacks.iter().copied().flatten().collect();
        let distinct: Vec<PullbackId> = distinct.into_iter().collect();
        let behind = parallel::map(&distinct, |&pullback| {
            let pulled = self.functionals.get(pullback.index())?;
            let weights = pulled.functional.groups.first()?;
            Some((pullback, suffix_sums(&weights.weights)))
        });
        let behind: BTreeMap<_, _> = behind.into_iter().flatten().collect();
        let tables = relations.parts().tables.iter();
        let tables: Vec<_> = tables.zip(pullbacks).collect();
        parallel::map(&tables, |(table, pullback)| {
            Some(TableSums::new(table, behind.get(pullback.as_ref()?)?))
        })
    }

    /// What is known, and the claims on the rest.
    fn read(mut self, publics: &[Vec<i64>]) -> Result<Readings<K>, Reject> {
        let readings: Vec<_> = self
            .relations
            .readings()
            .all
            .iter()
            .zip(self.factors)
            .collect();
        let claims = parallel::map(&readings, |(reading, factor)| {
            let pulled = self.functionals.get(reading.pullback.index());
            let pulled = pulled.ok_or_else(inconsistent)?;
            let mut functional = pulled.functional.clone();
            functional.coefficient *= *factor;
            let mut read = read(self.relations, publics, reading.source, functional)?;
            if let Read::Tensor(claim) = &mut read {
                claim.eq_point = pulled.eq_point.clone();
            }
            Ok::<_, Reject>(read)
        });
        let (mut direct, mut contractions) = (Vec::new(), Vec::new());
        for claim in claims {
            match claim? {
                Read::Known(value) => self.known += value,
                Read::Tensor(claim) => direct.push(claim),
                Read::Contraction(claim) => contractions.push(claim),
            }
        }
        Ok(Readings {
            known: self.known,
            direct,
            contractions,
        })
    }
}

/// A combination of readings, sorted by what they read.
struct Readings<K> {
    known: K,
    direct: Vec<TensorClaim<K>>,
    contractions: Vec<ContractionClaim<K>>,
}

/// `eq(prefix, high)` of a block, in numerators and in denominators (must 10).
fn prefix_weight<K: Ring>(block: &Block, high: &[K]) -> K {
    let prefix = block.offset >> block.bits;
    let bits = high.iter().rev().enumerate();
    bits.map(|(i, &x)| {
        if prefix >> i & 1 == 1 {
            x
        } else {
            K::one() - x
        }
    })
    .product()
}

/// Tags start at 1, one for each table (must 3).
fn tag<K: Ring>(table: usize) -> K {
    K::from(table as i64 + 1)
}
