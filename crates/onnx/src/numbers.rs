//! The numbers of a constant: held in memory, or left in the model's files and read when they are needed.
//!
//! What large models hold is left where it is: a tensor's numbers are read, used and dropped, so that no more than one tensor's are in memory
//! at a time, however many there are. What is known of them without reading (range, wholeness) is found out when they are met first, and
//! with it their digest: every later reading has to give the same numbers.

mod facts;
mod files;
mod powers_of_two;
#[cfg(test)]
mod tests;

pub use files::{FilePart, Files, WeightsFile};
pub use powers_of_two::{PowersOfTwo, two_to_the};

use crate::graph::only_moves;
use crate::range::Range;
use facts::Facts;
use inferproof_view::{Step, View, volume};
use std::borrow::Cow;
use std::ops::{AddAssign, Mul};
use std::sync::{Arc, OnceLock};

/// Fewer numbers are held: reading them again and again would take longer than the memory is worth.
pub const LEAST_LEFT: usize = 1 << 16;

/// The numbers of a constant in single precision, row-major. Clones share them.
#[derive(Clone, Debug)]
pub struct Numbers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    place: Place,
    facts: OnceLock<Facts>,
}

/// Where they are.
#[derive(Debug)]
enum Place {
    Held(Vec<f32>),
    Left(Left),
}

/// Numbers in a file, and what is done with them after reading.
#[derive(Clone, Debug)]
struct Left {
    part: FilePart,
    /// Of what the file holds.
    digest: [u8; 32],
    /// Moves them; `None` where they stay in the file's order.
    view: Option<View>,
    /// Multiplies them.
    factors: Option<Arc<PowersOfTwo>>,
}

impl From<Vec<f32>> for Numbers {
    fn from(values: Vec<f32>) -> Self {
        Self(Arc::new(Inner {
            place: Place::Held(values),
            facts: OnceLock::new(),
        }))
    }
}

/// No numbers.
impl Default for Numbers {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl FromIterator<f32> for Numbers {
    fn from_iter<I: IntoIterator<Item = f32>>(values: I) -> Self {
        Vec::from_iter(values).into()
    }
}

impl Numbers {
    /// Numbers of a file, read once now; they are left there if they are many. An error is the end of a sentence on the tensor.
    pub fn of_file(part: FilePart) -> Result<Self, String> {
        if part.count() < LEAST_LEFT {
            return part.read().map(Self::from);
        }
        let facts = match part.assumed_facts() {
            Some(facts) => facts,
            None => Facts::of(&part.read()?),
        };
        Ok(Self::left(
            Left {
                part,
                digest: facts.digest,
                view: None,
                factors: None,
            },
            facts,
        ))
    }

    fn left(left: Left, facts: Facts) -> Self {
        Self(Arc::new(Inner {
            place: Place::Left(left),
            facts: OnceLock::from(facts),
        }))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match &self.0.place {
            Place::Held(values) => values.len(),
            Place::Left(left) => left.len(),
        }
    }

    /// All of them in order. Where they are read, they are dropped with what this gives.
    ///
    /// If a file no longer gives what it gave before, they are zeros, and the file's failure is remembered: whoever hands out a result
    /// of the model makes it within [`Files::checked`].
    pub fn entries(&self) -> Cow<'_, [f32]> {
        match &self.0.place {
            Place::Held(values) => values.into(),
            Place::Left(left) => left.entries().into(),
        }
    }

    /// The same numbers in memory.
    pub fn held(&self) -> Self {
        match &self.0.place {
            Place::Held(_) => self.clone(),
            Place::Left(_) => self.entries().into_owned().into(),
        }
    }

    fn facts(&self) -> &Facts {
        self.0.facts.get_or_init(|| Facts::of(&self.entries()))
    }

    /// The least and the greatest, as far as they are numbers.
    pub fn range(&self) -> Range {
        self.facts().range
    }

    /// Whether all are integers.
    pub fn are_whole(&self) -> bool {
        self.facts().are_whole
    }

    /// Whether one of them is no number (NaN).
    pub fn has_nan(&self) -> bool {
        self.facts().has_nan
    }

    /// The number that all of them are, if they are one.
    pub fn uniform(&self) -> Option<f32> {
        let Range { low, high } = self.range();
        let is_one = low == high && !self.has_nan();
        is_one.then(|| self.entries().first().copied()).flatten()
    }

    /// Other numbers have another; equal ones may, too, if they were rearranged in different ways.
    pub fn key(&self) -> [u8; 32] {
        self.facts().digest
    }

    /// The same numbers moved, if they are left in a file and stay there; `None` where whoever asks has to move them: if the view does
    /// anything else, or few numbers come out.
    pub fn moved(&self, view: &View) -> Option<Self> {
        let Place::Left(left) = &self.0.place else {
            return None;
        };
        let is_worth_it = volume(view.target()).is_some_and(|count| count >= LEAST_LEFT);
        if left.factors.is_some() || !only_moves(view) || !is_worth_it {
            return None;
        }
        if volume(view.source()) != Some(self.len()) {
            return None;
        }
        let facts = match rearranges(view) {
            true => self.facts().rearranged(view),
            false => Facts::of(&apply(view, &self.entries())?),
        };
        let view = match &left.view {
            None => view.clone(),
            Some(before) => before.clone().chain(view).ok()?,
        };
        let left = Left {
            view: Some(view),
            ..left.clone()
        };
        Some(Self::left(left, facts))
    }

    /// The same numbers times powers of two.
    pub fn times(&self, factors: PowersOfTwo) -> Self {
        let mut values = self.entries().into_owned();
        factors.apply(&mut values);
        match &self.0.place {
            Place::Left(left) if left.factors.is_none() => {
                let left = Left {
                    factors: Some(Arc::new(factors)),
                    ..left.clone()
                };
                Self::left(left, Facts::of(&values))
            }
            _ => values.into(),
        }
    }
}

/// Numbers are equal if they are the same bits, come to be in the same way, and are numbers at all.
impl PartialEq for Numbers {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.key() == other.key() && !self.has_nan()
    }
}

impl Left {
    fn len(&self) -> usize {
        let moved = self.view.as_ref().and_then(|view| volume(view.target()));
        moved.unwrap_or(self.part.count())
    }

    /// What is made of what the file holds.
    fn entries(&self) -> Vec<f32> {
        let mut values = match self.part.read() {
            Ok(values) if self.part.is_assumed() => values,
            Ok(values) if facts::digest(&values, |_| ()) == self.digest => values,
            Ok(_) => {
                self.part.fail("is no longer what it was before");
                return vec![0.0; self.len()];
            }
            Err(reason) => {
                self.part.fail(&reason);
                return vec![0.0; self.len()];
            }
        };
        if let Some(view) = &self.view {
            // A view was found to fit when it was put here.
            values = apply(view, &values).unwrap_or_else(|| {
                self.part.fail("cannot be rearranged any more");
                vec![0.0; self.len()]
            });
        }
        if let Some(factors) = &self.factors {
            factors.apply(&mut values);
        }
        values
    }
}

/// A number that views can be applied to without being rounded.
#[derive(Clone, Copy, Default)]
struct Single(f32);

impl From<f32> for Single {
    fn from(value: f32) -> Self {
        Self(value)
    }
}

impl From<i64> for Single {
    fn from(value: i64) -> Self {
        Self(value as f32)
    }
}

impl Mul for Single {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
}

impl AddAssign for Single {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

/// Whether a view gives each of its numbers once.
fn rearranges(view: &View) -> bool {
    view.steps().iter().all(|step| match step {
        Step::Permute(_) | Step::Split { .. } | Step::Merge { .. } => true,
        Step::Insert { len, .. } => *len == 1,
        Step::Reduce {
            source, weights, ..
        } => *source == 1 && weights.is_none(),
        Step::Slice { .. } | Step::Gather { .. } | Step::Window { .. } | Step::SuffixSum { .. } => {
            false
        }
    })
}

/// Numbers behind a view that only moves them; `None` if there are not as many as it reads.
fn apply(view: &View, values: &[f32]) -> Option<Vec<f32>> {
    let moved: Vec<Single> = view.apply_widening(values).ok()?;
    Some(moved.into_iter().map(|v| v.0).collect())
}
