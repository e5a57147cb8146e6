//! Where to cut a model into parts that are proven apart.
//!
//! A cut is between two nodes. What passes it are the committed tensors made before it that something behind it reads; virtual ones are
//! computed again by whoever reads them. Of all places some are candidates, those where least passes; the fewest parts between them that
//! stay below the memory are found first, and then the smallest boundaries with which there are no more parts.

mod cuts;

use crate::estimate::Estimate;
use cuts::{boundary_volume, candidates, part};
use inferproof_inference::{CommitError, ExecutionError, Forecast, Slice, forecast, name_of};
use inferproof_program::{Op, Program, TensorId, ValidProgram};
use serde::Serialize;
use std::collections::BTreeMap;

/// What is asked of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SliceGoal {
    /// As few parts as prove in so many bytes of memory.
    Memory(u64),
    /// So many parts, as far as there are places to cut, that need as little memory as possible.
    Parts(usize),
}

/// How a model is cut.
#[derive(Clone, Debug, Serialize)]
pub struct SlicePlan {
    /// What the whole model takes.
    pub whole: Estimate,
    /// In the program's order.
    pub parts: Vec<SlicePart>,
}

/// A part of a model.
#[derive(Clone, Debug, Serialize)]
pub struct SlicePart {
    /// The tensors where it begins, as `--from` takes them.
    pub from: Vec<String>,
    /// The tensors where it ends, as `--to` takes them.
    pub to: Vec<String>,
    /// Entries of the tensors that it hands on.
    pub boundary_entries: usize,
    /// What a proof of it takes.
    pub estimate: Estimate,
    /// The same by tensors.
    #[serde(skip)]
    pub slice: Slice,
}

/// Why a model cannot be cut like this.
#[derive(Debug, thiserror::Error)]
pub enum SliceError {
    /// Proofs of it cannot be estimated.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// A part cannot be made.
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    /// Even a part that cannot be cut further takes more.
    #[error(
        "the part from {} to {} cannot be cut further, and takes an estimated {needed} bytes, more than {memory}; give at least that much",
        .from.join(", "), .to.join(", ")
    )]
    Memory {
        /// Where it begins.
        from: Vec<String>,
        /// Where it ends.
        to: Vec<String>,
        /// What it takes.
        needed: u64,
        /// What there is.
        memory: u64,
    },
    /// An output that no part can make.
    #[error(
        "output `{0}` is an input of the model, which no part makes; such a model is proven as a whole"
    )]
    Output(String),
    /// Nothing was asked for.
    #[error("a model has at least one part")]
    NoParts,
}

/// Where to cut a model.
///
/// # Errors
/// If it cannot be cut as asked.
pub fn slice_plan(program: &ValidProgram, goal: SliceGoal) -> Result<SlicePlan, SliceError> {
    let is_input = |id| program.node(id).is_some_and(|node| node.op == Op::Input);
    if let Some(&output) = program.outputs.iter().find(|&&id| is_input(id)) {
        return Err(SliceError::Output(name_of(program, output)));
    }
    let whole = forecast(program)?;
    let mut cuts = Cuts {
        program,
        whole,
        places: candidates(program),
        known: BTreeMap::new(),
    };
    let places = match goal {
        SliceGoal::Memory(memory) => {
            cuts.below(memory)?
                .map_err(|(part, needed)| SliceError::Memory {
                    from: names(program, &part.inputs),
                    to: names(program, &part.outputs),
                    needed,
                    memory,
                })?
        }
        SliceGoal::Parts(0) => return Err(SliceError::NoParts),
        SliceGoal::Parts(parts) => {
            let fewest = cuts.at_most(parts)?;
            cuts.divided(fewest, parts)?
        }
    };
    let parts = places.windows(2).map(|pair| {
        let &[from, to] = pair else {
            return Ok(None);
        };
        let slice = part(program, from, to);
        let volume = |&id: &TensorId| program.tensor(id).map_or(0, |t| t.volume());
        let handed_on = slice
            .outputs
            .iter()
            .filter(|id| !program.outputs.contains(id));
        Ok(Some(SlicePart {
            from: names(program, &slice.inputs),
            to: names(program, &slice.outputs),
            boundary_entries: handed_on.map(volume).sum(),
            estimate: cuts.estimate(from, to)?,
            slice,
        }))
    });
    let parts: Result<Vec<Option<SlicePart>>, SliceError> = parts.collect();
    Ok(SlicePlan {
        whole: (&whole).into(),
        parts: parts?.into_iter().flatten().collect(),
    })
}

fn names(program: &Program, ids: &[TensorId]) -> Vec<String> {
    ids.iter().map(|&id| name_of(program, id)).collect()
}

/// The places between which parts lie, in order: the number of nodes before each.
struct Cuts<'a> {
    program: &'a ValidProgram,
    whole: Forecast,
    places: Vec<usize>,
    /// What was estimated.
    known: BTreeMap<(usize, usize), Estimate>,
}

/// The part that takes too much, and how much that is.
type TooMuch = (Slice, u64);

impl Cuts<'_> {
    /// The estimate of the part between two places.
    fn estimate(&mut self, from: usize, to: usize) -> Result<Estimate, SliceError> {
        if let Some(known) = self.known.get(&(from, to)) {
            return Ok(*known);
        }
        let Slice { inputs, outputs } = part(self.program, from, to);
        let made = self.program.slice(&inputs, &outputs);
        let made = made.map_err(ExecutionError::from)?;
        let estimate = Estimate::of_part(&forecast(&made.program)?, &self.whole);
        self.known.insert((from, to), estimate);
        Ok(estimate)
    }

    /// For each place, the furthest one behind it to which a part stays below the memory; the part that does not where none does.
    fn reach(&mut self, memory: u64) -> Result<Result<Vec<usize>, TooMuch>, SliceError> {
        let places = self.places.clone();
        let mut reach = Vec::with_capacity(places.len());
        let mut furthest = 1;
        for (number, &from) in places
            .iter()
            .enumerate()
            .take(places.len().saturating_sub(1))
        {
            furthest = furthest.max(number + 1);
            // What the place before could reach is rarely too far from here.
            for start in [furthest, number + 1] {
                furthest = start;
                let Some(&to) = places.get(start) else {
                    continue;
                };
                let needed = self.estimate(from, to)?.memory_bytes;
                if needed <= memory {
                    break;
                }
                if start == number + 1 {
                    return Ok(Err((part(self.program, from, to), needed)));
                }
            }
            while let Some(&to) = places.get(furthest + 1)
                && self.estimate(from, to)?.memory_bytes <= memory
            {
                furthest += 1;
            }
            reach.push(furthest);
        }
        Ok(Ok(reach))
    }

    /// The places of the fewest parts below the memory, with the smallest boundaries.
    fn below(&mut self, memory: u64) -> Result<Result<Vec<usize>, TooMuch>, SliceError> {
        let reach = match self.reach(memory)? {
            Ok(reach) => reach,
            Err(part) => return Ok(Err(part)),
        };
        // Of each place, how many parts are behind it at least.
        let mut needed = vec![0usize; reach.len() + 1];
        for (number, &to) in reach.iter().enumerate().rev() {
            let behind = needed.get(to).copied().unwrap_or_default();
            if let Some(slot) = needed.get_mut(number) {
                *slot = behind + 1;
            }
        }
        let mut chosen = vec![0];
        let mut last = 0;
        while let (Some(&furthest), Some(&parts)) = (reach.get(last), needed.get(last)) {
            let enough = |to: &usize| needed.get(*to).is_some_and(|behind| *behind < parts);
            let best = (last + 1..=furthest).filter(enough).min_by_key(|&to| {
                let place = self.places.get(to).copied().unwrap_or_default();
                (boundary_volume(self.program, place), std::cmp::Reverse(to))
            });
            last = best.unwrap_or(furthest);
            chosen.push(last);
        }
        let places = chosen
            .iter()
            .filter_map(|&number| self.places.get(number).copied());
        Ok(Ok(places.collect()))
    }

    /// The places of so many parts, at most, of which the greatest is least.
    fn at_most(&mut self, parts: usize) -> Result<Vec<usize>, SliceError> {
        let whole = (self.places.first().copied(), self.places.last().copied());
        let (Some(first), Some(last)) = whole else {
            return Ok(Vec::new());
        };
        // The least memory at which there are not more, to a hundredth.
        let (mut low, mut high) = (0u64, self.estimate(first, last)?.memory_bytes);
        let mut best = vec![first, last];
        while high - low > high / 100 {
            let middle = low + (high - low) / 2;
            match self.below(middle)? {
                Ok(places) if places.len() <= parts.saturating_add(1) => {
                    (high, best) = (middle, places)
                }
                Ok(_) | Err(_) => low = middle,
            }
        }
        Ok(best)
    }

    /// These places with others between, where the part that takes longest is cut in two, until there are so many parts.
    fn divided(&mut self, mut places: Vec<usize>, parts: usize) -> Result<Vec<usize>, SliceError> {
        while places.len() <= parts {
            let mut best: Option<(f64, usize, usize)> = None;
            for (number, pair) in places.windows(2).enumerate() {
                let &[from, to] = pair else {
                    continue;
                };
                let seconds = self.estimate(from, to)?.seconds;
                let inside = self.places.iter().copied();
                let inside: Vec<usize> = inside
                    .filter(|place| (from + 1..to).contains(place))
                    .collect();
                if inside.is_empty() || best.is_some_and(|(longest, ..)| longest >= seconds) {
                    continue;
                }
                let mut middle: Option<(f64, usize)> = None;
                for place in inside {
                    let (before, behind) = (self.estimate(from, place)?, self.estimate(place, to)?);
                    let longer = before.seconds.max(behind.seconds);
                    if middle.is_none_or(|(least, _)| longer < least) {
                        middle = Some((longer, place));
                    }
                }
                best = middle.map(|(_, place)| (seconds, number + 1, place));
            }
            let Some((_, number, place)) = best else {
                break;
            };
            places.insert(number, place);
        }
        Ok(places)
    }
}
