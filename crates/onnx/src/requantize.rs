//! From integers to 8-bit integers, as a quantized ONNX model does it: exactly.
//!
//! A sum of products of 8-bit integers is multiplied by a real number, rounded to the nearest integer with halves to the even one, and
//! clamped. As a function of the sum it is a staircase with at most 255 steps. A rescale, `floor((m x + o) / 2^s)`, is a staircase
//! too; it is the same one if and only if it steps at the same places, which [`Requantization::lines`] sees to, step by step.

/// Products of a factor and a value stay below this, so that with an offset they are within a program's bounds.
const MAX_PRODUCT: i128 = 1 << 56;

/// The greatest shift that is tried.
const MAX_SHIFT: u32 = 56;

/// What is beyond is no 32-bit integer, and no float that a rescale could read.
const MAX_ARGUMENT: i64 = 1 << 40;

/// `clamp(round(x * factor / divisor), low, high)`, computed in single precision as onnxruntime does, halves to the even integer.
#[derive(Clone, Debug, PartialEq)]
pub struct Requantization {
    /// One for all, or one for each entry of an axis. They are positive.
    pub factors: Vec<f32>,
    /// That axis.
    pub axis: usize,
    /// Positive.
    pub divisor: f32,
    /// The least result.
    pub low: i64,
    /// The greatest result.
    pub high: i64,
}

/// Rescales that are a requantization: of an argument `t` of channel `c`, `floor((lines[c].factor * t + offset) / 2^shift)`, clamped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// The power of two that is divided by.
    pub shift: u32,
    /// One for each factor of the requantization.
    pub lines: Vec<Line>,
    /// For each class of lines and each result but the least: whether an argument that reaches it with the upper offset alone
    /// has reached it.
    pub classes: Vec<Vec<bool>>,
}

/// A line of integer coefficients, before the division by a power of two. With two different offsets, where the results differ
/// (by one, at halves) [`Lines::classes`] tell which is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The slope.
    pub factor: i64,
    /// The greater offset.
    pub upper: i64,
    /// The lesser offset.
    pub lower: i64,
    /// Which of [`Lines::classes`] it is in.
    pub class: usize,
}

/// A requantization whose steps lie where no two lines are right: a rescale, `floor((factor * t + offset) / 2^shift)`, clamped to what
/// is above the least result, gives an integer that is right or one too great, and a threshold for each integer tells which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staircase {
    /// The slope.
    pub factor: i64,
    /// What is added before the division.
    pub offset: i64,
    /// The power of two that is divided by.
    pub shift: u32,
    /// For each result above the least: the greatest argument that does not reach it.
    pub thresholds: Vec<i64>,
}

impl Lines {
    /// Whether halves occur and have to be told apart: then there are two rescales.
    pub fn is_split(&self) -> bool {
        self.lines.iter().any(|line| line.upper != line.lower)
    }

    /// The result, from the sum of what the two rescales give.
    pub fn choose(&self, class: usize, sum: i64, low: i64) -> i64 {
        let below = sum.div_euclid(2);
        let step = usize::try_from(below - low).ok();
        let reached = self.classes.get(class);
        let is_reached = step.and_then(|s| reached?.get(s)).copied();
        below + i64::from(sum.rem_euclid(2) == 1 && is_reached == Some(true))
    }
}

/// The offsets with which one step is right, from the first to the last.
#[derive(Clone, Copy)]
struct Offsets {
    first: i128,
    last: i128,
}

impl Offsets {
    fn contain(self, offset: i128) -> bool {
        (self.first..=self.last).contains(&offset)
    }
}

impl Requantization {
    /// The result for one argument.
    pub fn evaluate(&self, channel: usize, x: f64) -> i64 {
        let factor = self.factors.get(channel).copied().unwrap_or(1.0);
        let real = x as f32 * factor / self.divisor;
        let clamped = real.clamp(self.low as f32, self.high as f32);
        clamped.round_ties_even() as i64
    }

    /// The results for a tensor of this shape.
    pub fn apply(&self, shape: &[usize], values: impl Iterator<Item = f64>) -> Vec<i64> {
        let inner: usize = shape.iter().skip(self.axis + 1).product();
        let values = values.enumerate();
        let channel = |i: usize| (i / inner.max(1)) % self.factors.len().max(1);
        values.map(|(i, x)| self.evaluate(channel(i), x)).collect()
    }

    /// The least argument in `low..=high + 1` (of the scale `2^-scale`) at which the result is at least so much: results do not
    /// fall as arguments grow, since every operation in single precision is monotone.
    fn step(&self, channel: usize, scale: i32, (low, high): (i64, i64), result: i64) -> i64 {
        let unit = 2f64.powi(-scale);
        let (mut below, mut at) = (low - 1, high + 1);
        while at - below > 1 {
            let middle = below + (at - below) / 2;
            match self.evaluate(channel, middle as f64 * unit) >= result {
                true => at = middle,
                false => below = middle,
            }
        }
        at
    }

    /// Rescales that give exactly the results, for all arguments `low..=high` of the scale; `None` if none were found.
    ///
    /// For each result `k` that is not the least, let `t` be the least argument that gives at least `k`. Then
    /// `floor((m x + o) / 2^s) >= k` for the same arguments if and only if `m t + o >= k 2^s` and `m (t - 1) + o < k 2^s`: for given `m`
    /// and `s` these are bounds of `o`. Where all can be met at once, the rescale is right for every argument. They cannot where
    /// halves are reached, which go up to an even integer and down to an odd one (or, in single precision, are missed by a
    /// little); then there are two offsets, and each `k` is right with one of them. The two results differ by at most one: where
    /// the upper has reached `k` and the lower has not, `k` is reached if its offset is the upper.
    pub fn lines(&self, scale: i32, (low, high): (i64, i64)) -> Option<Lines> {
        let reach = low.saturating_abs().max(high.saturating_abs()).max(1);
        if reach > MAX_ARGUMENT {
            return None;
        }
        let channels = 0..self.factors.len();
        let steps = channels.map(|channel| {
            let results = self.low + 1..=self.high;
            let steps = results.map(|k| (k, self.step(channel, scale, (low, high), k)));
            steps.collect::<Vec<(i64, i64)>>()
        });
        let steps: Vec<Vec<(i64, i64)>> = steps.collect();
        let mut split = None;
        for shift in 1..=MAX_SHIFT {
            let lines = self.factors.iter().zip(&steps);
            let lines = lines.map(|(&factor, steps)| {
                let slope = f64::from(factor) / f64::from(self.divisor);
                let factor = (slope * 2f64.powi(shift as i32 - scale)).round() as i128;
                if factor < 1 || factor * i128::from(reach) >= MAX_PRODUCT {
                    return None;
                }
                line(factor, shift, steps, (low, high))
            });
            let Some(lines) = lines.collect::<Option<Vec<(Line, Vec<Option<bool>>)>>>() else {
                continue;
            };
            let found = classified(shift, lines);
            if !found.is_split() {
                return Some(found);
            }
            split = split.or(Some(found));
        }
        split
    }

    /// A staircase that gives exactly the results, for all arguments `low..=high` of the scale; `None` if there are several factors, or the
    /// steps are too near to each other.
    pub fn staircase(&self, scale: i32, (low, high): (i64, i64)) -> Option<Staircase> {
        let nearest = self.nearest(scale, (low, high));
        let [Line { factor, .. }] = nearest.lines[..] else {
            return None;
        };
        let results = self.low + 1..=self.high;
        let steps: Vec<(i64, i64)> = results
            .map(|k| (k, self.step(0, scale, (low, high), k)))
            .collect();
        let reached = || steps.iter().filter(|(_, at)| *at <= high);
        let product = |at: i64| i128::from(factor) * i128::from(at);
        // The rescale steps up no later than the result does,
        let needed = reached().map(|&(k, at)| (i128::from(k) << nearest.shift) - product(at));
        let offset = needed.max()?;
        // and less than a whole step earlier.
        let is_near = |&(k, at): &(i64, i64)| {
            let before = product(at - 1) + offset;
            at == low || before < i128::from(k + 1) << nearest.shift
        };
        if !reached().all(is_near) || offset.abs() >= MAX_PRODUCT {
            return None;
        }
        Some(Staircase {
            factor,
            offset: i64::try_from(offset).ok()?,
            shift: nearest.shift,
            thresholds: steps.iter().map(|&(_, at)| at - 1).collect(),
        })
    }

    /// The nearest rescale, for arguments that are rounded themselves: halves go up.
    pub fn nearest(&self, scale: i32, (low, high): (i64, i64)) -> Lines {
        let reach = low.saturating_abs().max(high.saturating_abs()).max(1);
        let shifts = (1..=MAX_SHIFT).rev().map(|shift| {
            let lines = self.factors.iter().map(|&factor| {
                let slope = f64::from(factor) / f64::from(self.divisor);
                let half = 1i64 << (shift - 1);
                Line {
                    factor: (slope * 2f64.powi(shift as i32 - scale)).round() as i64,
                    upper: half,
                    lower: half,
                    class: 0,
                }
            });
            let lines = lines.collect();
            Lines {
                shift,
                lines,
                classes: vec![],
            }
        });
        let fits = |lines: &Lines| {
            let product = |line: &Line| i128::from(line.factor) * i128::from(reach);
            lines.lines.iter().all(|l| {
                // Single precision has 24 bits: more are of no use.
                l.factor < 1 << 26 && product(l) < MAX_PRODUCT
            })
        };
        shifts.into_iter().find(fits).unwrap_or(Lines {
            shift: 1,
            lines: vec![],
            classes: vec![],
        })
    }
}

/// The line with this slope that makes all steps, if there is one, and for each step which offset it needs: the upper, the lower, or
/// either.
fn line(
    factor: i128,
    shift: u32,
    steps: &[(i64, i64)],
    (low, high): (i64, i64),
) -> Option<(Line, Vec<Option<bool>>)> {
    let allowed = steps.iter().map(|&(k, at)| {
        let target = i128::from(k) << shift;
        let mut offsets = Offsets {
            first: -MAX_PRODUCT,
            last: MAX_PRODUCT,
        };
        if at <= high {
            offsets.first = target - factor * i128::from(at);
        }
        if at > low {
            offsets.last = target - factor * i128::from(at - 1) - 1;
        }
        offsets
    });
    let allowed: Vec<Offsets> = allowed.collect();
    let last = allowed.iter().map(|o| o.last).min()?;
    let first = allowed.iter().map(|o| o.first).max()?;
    let (lower, upper) = if first <= last {
        let offset = (1i128 << (shift - 1)).clamp(first, last);
        (offset, offset)
    } else if first - last < 1 << shift
        && allowed.iter().all(|o| o.contain(first) || o.contain(last))
    {
        // What is right with neither the greatest first offset nor the least last one is right with no two.
        (last, first)
    } else {
        return None;
    };
    let needs = allowed
        .iter()
        .map(|o| match (o.contain(lower), o.contain(upper)) {
            (true, true) => None,
            (_, needs_upper) => Some(needs_upper),
        });
    let line = Line {
        factor: i64::try_from(factor).ok()?,
        upper: i64::try_from(upper).ok()?,
        lower: i64::try_from(lower).ok()?,
        class: 0,
    };
    Some((line, needs.collect()))
}

/// Puts lines into classes in which no two need different offsets for the same step.
fn classified(shift: u32, lines: Vec<(Line, Vec<Option<bool>>)>) -> Lines {
    let mut classes: Vec<Vec<Option<bool>>> = Vec::new();
    let lines = lines.into_iter().map(|(line, needs)| {
        let agrees = |class: &Vec<Option<bool>>| {
            let mut pairs = class.iter().zip(&needs);
            pairs.all(|(a, b)| a.is_none() || b.is_none() || a == b)
        };
        let class = classes.iter().position(agrees).unwrap_or_else(|| {
            classes.push(vec![None; needs.len()]);
            classes.len() - 1
        });
        for (known, need) in classes[class].iter_mut().zip(needs) {
            *known = known.or(need);
        }
        Line { class, ..line }
    });
    let lines = lines.collect();
    let reached = |class: Vec<Option<bool>>| class.into_iter().map(|n| n == Some(true)).collect();
    Lines {
        shift,
        lines,
        classes: classes.into_iter().map(reached).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the rescales of a program make of an argument.
    fn rescaled(rule: &Requantization, lines: &Lines, x: i64) -> i64 {
        let line = lines.lines[0];
        let rescale = |offset: i64| {
            let value = (line.factor * x + offset) >> lines.shift;
            value.clamp(rule.low, rule.high)
        };
        lines.choose(
            line.class,
            rescale(line.upper) + rescale(line.lower),
            rule.low,
        )
    }

    fn check(factor: f32, divisor: f32, reach: i64) -> bool {
        let rule = Requantization {
            factors: vec![factor],
            axis: 0,
            divisor,
            low: -100,
            high: 155,
        };
        let lines = rule.lines(0, (-reach, reach)).expect("there is one");
        for x in -reach..=reach {
            let expected = rule.evaluate(0, x as f64);
            assert_eq!(rescaled(&rule, &lines, x), expected, "{x} * {factor}");
        }
        lines.is_split()
    }

    #[test]
    fn every_argument_is_rounded_as_in_single_precision() {
        for factor in [0.001_234_5, 0.000_041_7, 1.7, 0.013_37, 3e-7, 0.004_999_99] {
            check(factor, 1.0, 300_000);
        }
        assert!(!check(0.013_37, 1.0, 300_000), "one rescale will do");
        assert!(!check(0.02, 0.03, 255));
        assert!(!check(0.7, 0.7, 255));
    }

    #[test]
    fn a_staircase_is_right_where_no_lines_are() {
        for (divisor, low, high) in [(0.1, -128, 127), (0.5, 0, 255), (0.0157, -32768, 32767)] {
            let rule = Requantization {
                factors: vec![1.0],
                axis: 0,
                divisor,
                low,
                high,
            };
            let reach = 1i64 << 30;
            for scale in [24, 27, 20] {
                let stairs = rule
                    .staircase(scale, (-reach, reach))
                    .expect("there is one");
                let at = |x: i64| {
                    let candidate = (stairs.factor * x + stairs.offset) >> stairs.shift;
                    let candidate = candidate.clamp(low + 1, high);
                    let threshold = stairs.thresholds[(candidate - low - 1) as usize];
                    candidate - i64::from(x <= threshold)
                };
                // Around every half, as near as the scale can be, and everywhere else.
                let halves =
                    (2 * low - 3..2 * high + 3).map(|k| k as f64 / 2.0 * f64::from(divisor));
                let halves = halves.map(|real| (real * 2f64.powi(scale)) as i64);
                let around = halves.flat_map(|x| x - 200..x + 200);
                let around = around.filter(|x| x.abs() <= reach);
                for x in around.step_by(7).chain((-reach..reach).step_by(99_991)) {
                    let expected = rule.evaluate(0, x as f64 * 2f64.powi(-scale));
                    assert_eq!(at(x), expected, "{x} at {scale}, {divisor}");
                }
            }
        }
    }

    #[test]
    fn halves_go_to_the_even_integer() {
        for factor in [0.5, 0.25, 1.0 / 1024.0, 0.75, 1.5, 3.0 / 4096.0] {
            assert!(check(factor, 1.0, 300_000), "{factor} reaches halves");
        }
        // Decimals reach halves but for an error that single precision may round away.
        for factor in [0.0012, 0.001, 0.05, 0.7, 0.000_3, 1.3] {
            check(factor, 1.0, 900_000);
        }
        assert!(check(0.3, 0.6, 255));
    }
}
