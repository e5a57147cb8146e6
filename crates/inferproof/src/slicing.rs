//! Where to cut a model into parts that are proven apart.
//!
//! A cut is between two nodes. What passes it are the tensors made before it by lookups that something behind it reads; sums and products are
//! computed again by whoever reads them. Of all places some are candidates, those where least passes. What passes a cut is ranged again by
//! whoever reads it, so that a part takes the more the larger its boundaries are. Below a given memory the fewest parts are found first, and
//! then the smallest boundaries with which there are no more parts; of a given number of parts the greatest is made as small as it can be,
//! and then all of them together.

mod cuts;

use crate::estimate::Estimate;
use cuts::{boundary_volume, candidates, part};
use inferproof_inference::{
    CommitError, ExecutionError, Forecast, Slice, forecast, forecast_part, name_of,
};
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
        SliceGoal::Parts(parts) => cuts.of_parts(parts)?,
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

/// The greatest part may take more memory than it must by one part in so many, where less time is taken then: memory is not known better.
const SLACK: u64 = 50;

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
        let slice = part(self.program, from, to);
        let made = self.program.slice(&slice.inputs, &slice.outputs);
        let made = made.map_err(ExecutionError::from)?;
        let forecast = forecast_part(self.program, &slice, &made.program)?;
        let estimate = Estimate::of_part(&forecast, &self.whole);
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

    /// The places of exactly so many parts, or of as many as there are places for, none of which takes more memory than the greatest must; of
    /// several ways that in which proving all of them takes least time, which is where least passes.
    fn of_parts(&mut self, parts: usize) -> Result<Vec<usize>, SliceError> {
        let places = self.places.clone();
        let mut greatest = 0;
        for pair in self.at_most(parts)?.windows(2) {
            if let &[from, to] = pair {
                greatest = greatest.max(self.estimate(from, to)?.memory_bytes);
            }
        }
        let allowed = greatest + greatest / SLACK;
        // From each place to the end in one part, in two, and so on: the seconds, and the place where the first of them ends.
        let mut ways: Vec<Vec<Option<(f64, usize)>>> = vec![vec![None; places.len()]];
        if let Some(end) = ways.first_mut().and_then(|none| none.last_mut()) {
            *end = Some((0.0, places.len()));
        }
        for count in 0..parts.min(places.len()) {
            let mut more = vec![None; places.len()];
            for (number, (&from, way)) in places.iter().zip(&mut more).enumerate() {
                for (ends, &to) in places.iter().enumerate().skip(number + 1) {
                    let estimate = self.estimate(from, to)?;
                    if estimate.memory_bytes > allowed {
                        break;
                    }
                    let behind = ways.get(count).and_then(|fewer| *fewer.get(ends)?);
                    if let Some((seconds, _)) = behind {
                        let seconds = estimate.seconds + seconds;
                        if way.is_none_or(|(least, _)| seconds < least) {
                            *way = Some((seconds, ends));
                        }
                    }
                }
            }
            ways.push(more);
        }
        let is_whole = |ways: &Vec<Option<_>>| ways.first().is_some_and(Option::is_some);
        let mut count = ways.iter().rposition(is_whole).unwrap_or(0);
        let mut number = 0;
        let mut chosen = vec![0];
        while let Some((_, ends)) = ways.get(count).and_then(|ways| *ways.get(number)?)
            && count > 0
        {
            (number, count) = (ends, count - 1);
            chosen.push(number);
        }
        let places = chosen.iter().filter_map(|&number| places.get(number));
        Ok(places.copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use inferproof_program::Builder;
    use std::collections::BTreeSet;

    /// Four rescalings of a wide tensor; the greatest of neighbours, a fourth as many; six rescalings of those.
    fn funnel() -> ValidProgram {
        let mut builder = Builder::new();
        let mut last = builder.input("x", &[4, 4096], -128..=127).unwrap();
        let layer = |builder: &mut Builder, of: TensorId| {
            let term = builder.term(3, of, Vec::new()).unwrap();
            let sum = builder.linear(vec![term]).unwrap();
            let made = builder.rescale(sum, 1, -128..=127).unwrap();
            builder.rename(made, &format!("r{}", made.0));
            made
        };
        for _ in 0..4 {
            last = layer(&mut builder, last);
        }
        let row = |builder: &mut Builder, of: TensorId, start: i64| {
            let slice = inferproof_view::Step::Slice {
                axis: 0,
                source: 4,
                start,
                step: 1,
                len: 1,
            };
            let term = builder.term(1, of, vec![slice]).unwrap();
            builder.linear(vec![term]).unwrap()
        };
        let mut greatest = row(&mut builder, last, 0);
        for start in 1..4 {
            let other = row(&mut builder, last, start);
            greatest = builder.max(greatest, other).unwrap();
            builder.rename(greatest, &format!("m{start}"));
        }
        for _ in 0..6 {
            greatest = layer(&mut builder, greatest);
        }
        builder.output(greatest);
        builder.finish().unwrap()
    }

    fn plan(program: &ValidProgram, parts: usize) -> SlicePlan {
        slice_plan(program, SliceGoal::Parts(parts)).unwrap()
    }

    /// The memory of the greatest part.
    fn greatest(plan: &SlicePlan) -> u64 {
        let parts = plan.parts.iter();
        parts.map(|part| part.estimate.memory_bytes).max().unwrap()
    }

    #[test]
    fn parts_follow_each_other_and_get_smaller() {
        let program = funnel();
        let mut last = u64::MAX;
        for count in [1, 2, 3, 5] {
            let plan = plan(&program, count);
            assert_eq!(plan.parts.len(), count);
            for pair in plan.parts.windows(2) {
                assert_eq!(pair[0].to, pair[1].from);
            }
            assert!(greatest(&plan) < last, "{plan:?}");
            last = greatest(&plan);
        }
        // As far as there are places.
        assert!(plan(&program, 100).parts.len() <= 14);
        let none = slice_plan(&program, SliceGoal::Parts(0));
        assert!(matches!(none, Err(SliceError::NoParts)));
    }

    /// No other way to cut into as many parts has a greatest part that is much smaller.
    #[test]
    fn the_greatest_part_is_as_small_as_it_can_be() {
        let program = funnel();
        let mut cuts = Cuts {
            program: &program,
            whole: forecast(&program).unwrap(),
            places: candidates(&program),
            known: BTreeMap::new(),
        };
        let (places, ends) = (cuts.places.clone(), [0, program.nodes.len()]);
        let mut least = u64::MAX;
        for &first in &places {
            for &second in places.iter().filter(|&&second| second > first) {
                let between: BTreeSet<usize> = ends.into_iter().chain([first, second]).collect();
                if between.len() < 4 {
                    continue;
                }
                let between: Vec<usize> = between.into_iter().collect();
                let parts = between.windows(2);
                let parts = parts.map(|pair| cuts.estimate(pair[0], pair[1]).unwrap());
                least = least.min(parts.map(|part| part.memory_bytes).max().unwrap());
            }
        }
        let planned = greatest(&plan(&program, 3));
        assert!(planned >= least && planned <= least + least / 25);
    }

    /// A maximum takes lookups: it is handed on, and not made again of all that it is the greatest of.
    #[test]
    fn a_maximum_can_be_a_boundary() {
        let program = funnel();
        let end = program.nodes.len();
        let place = |name: &str| {
            let tensors = program.tensors.iter();
            let mut named = tensors.zip(1..).filter(|(t, _)| t.name == name);
            named.next().unwrap().1
        };
        let behind = part(&program, place("m3"), end);
        assert_eq!(names(&program, &behind.inputs), ["m3"]);
        assert!(candidates(&program).contains(&place("m3")));
        // What passes is ranged by whoever reads it, and costs an opening.
        let narrow = forecast_of(&program, behind);
        let wide = forecast_of(&program, part(&program, place("m2"), end));
        assert_eq!(narrow.boundary_entries, 4096);
        assert!(wide.boundary_entries > narrow.boundary_entries);
        let own = forecast(
            &program
                .slice(&[TensorId(place("m3") as u32 - 1)], &program.outputs)
                .unwrap()
                .program,
        );
        assert_eq!(narrow.lookups, own.unwrap().lookups + 4096);
    }

    fn forecast_of(program: &ValidProgram, slice: Slice) -> Forecast {
        let made = program.slice(&slice.inputs, &slice.outputs).unwrap();
        forecast_part(program, &slice, &made.program).unwrap()
    }
}
