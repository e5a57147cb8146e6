//! Pippenger's bucket method, many windows at a time, so that all their additions share the inversions.

use super::addition::{Adder, PackedPoint, Pair, Scratch};
use crate::curve::Profile;

/// Points that share inversions: enough that an inversion weighs little beside the additions, few enough that they (64
/// bytes each) stay in the second-level cache.
pub const BATCH: usize = 1 << 13;

/// One window of a multi-exponentiation: `sum digits[i] * bases[i] + sum ones`.
pub(super) struct Window<'a> {
    /// Signed digits, `|digit| <= 2^(width - 1)`; not longer than the bases.
    pub digits: &'a [i16],
    /// Bits of a digit, 1 to 15.
    pub width: u32,
    /// Points to be added with weight one.
    pub ones: &'a [PackedPoint],
}

/// A run of points that is being summed.
struct Segment {
    start: u32,
    len: u32,
}

/// Where the buckets of one window are turned into sums of binary weights.
///
/// Level 0 is the `2^levels` buckets, bucket `k` of weight `k`; level `j + 1` has the sums of two neighbours each. A bucket
/// has bit `j` in its weight if it is in an odd node of level `j`: so with `R_j` the sum of level `j`'s odd nodes, the
/// window is `sum 2^j R_j`. That is about two additions a bucket, as running sums take, but in logarithmic depth.
struct Tree {
    /// The current level's nodes start here, and behind them the odd nodes of each level: those of level `j` at
    /// `start + 2 * 2^levels - (2^levels >> j)`.
    start: u32,
    levels: u32,
}

impl Tree {
    fn odd_nodes(&self, level: u32) -> u32 {
        self.start + (2 << self.levels) - ((1 << self.levels) >> level)
    }
}

/// The working memory of the bucket method.
pub(super) struct Buckets<P: Profile> {
    adder: Adder<P>,
    points: Vec<PackedPoint>,
    segments: Vec<Segment>,
    active: Vec<Segment>,
    nodes: Vec<PackedPoint>,
    trees: Vec<Tree>,
    pairs: Vec<Pair>,
    /// Sums with the identity, and where to write them.
    known: Vec<(u32, PackedPoint)>,
    cursors: Vec<u32>,
    nonzero: Vec<u32>,
    bits: Vec<PackedPoint>,
    scratch: Scratch<P>,
}

impl<P: Profile> Buckets<P> {
    pub fn new(adder: Adder<P>) -> Self {
        Self {
            adder,
            points: Vec::new(),
            segments: Vec::new(),
            active: Vec::new(),
            nodes: Vec::new(),
            trees: Vec::new(),
            pairs: Vec::new(),
            known: Vec::new(),
            cursors: Vec::new(),
            nonzero: Vec::new(),
            bits: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// For each window in turn, `width` points `R_0, ..` such that the window is `sum 2^j R_j`.
    ///
    /// No base is the identity.
    pub fn weighted_bits(
        &mut self,
        bases: &[PackedPoint],
        windows: &[Window<'_>],
    ) -> &[PackedPoint] {
        self.nodes.clear();
        self.trees.clear();
        let mut rest = windows;
        while !rest.is_empty() {
            self.points.clear();
            self.segments.clear();
            let mut taken = 0;
            for window in rest {
                self.sort(bases, window);
                taken += 1;
                if self.points.len() >= BATCH {
                    break;
                }
            }
            let (batch, others) = rest.split_at_checked(taken).unwrap_or_default();
            self.sum_segments();
            self.plant(batch);
            rest = others;
        }
        self.sum_by_bit();
        &self.bits
    }

    /// Appends the window's points, sorted by bucket, and one segment a bucket from bucket 1 on.
    fn sort(&mut self, bases: &[PackedPoint], window: &Window<'_>) {
        let cursors = &mut self.cursors;
        cursors.clear();
        cursors.resize((1 << (window.width - 1)) + 1, 0);
        // The places of the digits that are not zero, found without branches that half of the digits would mispredict.
        self.nonzero
            .resize(self.nonzero.len().max(window.digits.len()), 0);
        let mut nonzero = 0;
        for (place, digit) in (0..).zip(window.digits) {
            if let Some(cursor) = cursors.get_mut(usize::from(digit.unsigned_abs())) {
                *cursor += 1;
            }
            if let Some(slot) = self.nonzero.get_mut(nonzero) {
                *slot = place;
            }
            nonzero += usize::from(*digit != 0);
        }
        if let Some(cursor) = cursors.get_mut(1) {
            *cursor += window.ones.len() as u32;
        }
        let mut start = self.points.len() as u32;
        for cursor in cursors.iter_mut().skip(1) {
            let len = std::mem::replace(cursor, start);
            self.segments.push(Segment { start, len });
            start += len;
        }
        self.points.resize(start as usize, PackedPoint::default());
        let mut put = |bucket: usize, point: PackedPoint| {
            let Some(cursor) = cursors.get_mut(bucket) else {
                return;
            };
            if let Some(slot) = self.points.get_mut(*cursor as usize) {
                *slot = point;
            }
            *cursor += 1;
        };
        for one in window.ones {
            put(1, *one);
        }
        for &place in self.nonzero.iter().take(nonzero) {
            let place = place as usize;
            if let (Some(&digit), Some(base)) = (window.digits.get(place), bases.get(place)) {
                let point = self.adder.negate_if(digit < 0, base);
                put(usize::from(digit.unsigned_abs()), point);
            }
        }
    }

    /// Sums every segment into its first place, in rounds that add neighbours. Segments keep their lengths.
    fn sum_segments(&mut self) {
        self.active.clear();
        self.active.extend(
            self.segments
                .iter()
                .filter(|segment| segment.len > 1)
                .map(|&Segment { start, len }| Segment { start, len }),
        );
        while !self.active.is_empty() {
            self.pairs.clear();
            for segment in &self.active {
                // A pair writes at or before where it reads, so no later pair of the segment reads it.
                self.pairs.extend((0..segment.len / 2).map(|i| Pair {
                    from: segment.start + 2 * i,
                    to: segment.start + i,
                }));
            }
            self.adder
                .add_pairs(&mut self.points, &self.pairs, &mut self.scratch);
            let points = &mut self.points;
            self.active.retain_mut(|segment| {
                if segment.len % 2 == 1 {
                    let last = (segment.start + segment.len - 1) as usize;
                    copy(points, last, (segment.start + segment.len / 2) as usize);
                }
                segment.len = segment.len.div_ceil(2);
                segment.len > 1
            });
        }
    }

    /// Makes the windows' bucket sums, which stand in the segments, the first level of a tree each.
    fn plant(&mut self, windows: &[Window<'_>]) {
        let mut sums = self.segments.iter().map(|segment| match segment.len {
            0 => PackedPoint::default(),
            _ => at(&self.points, segment.start as usize),
        });
        for window in windows {
            let tree = Tree {
                start: self.nodes.len() as u32,
                levels: window.width - 1,
            };
            self.nodes.resize(
                self.nodes.len() + (2 << tree.levels),
                PackedPoint::default(),
            );
            let nodes = self.nodes.get_mut(tree.start as usize..);
            let nodes = nodes.unwrap_or_default();
            let buckets = nodes.iter_mut().take(1 << tree.levels).skip(1);
            for (node, sum) in buckets.zip(&mut sums) {
                *node = sum;
            }
            // The last bucket, 2^levels, is R_levels by itself; its place is the one that the levels do not use.
            if let (Some(node), Some(sum)) = (nodes.last_mut(), sums.next()) {
                *node = sum;
            }
            self.trees.push(tree);
        }
    }

    /// Turns the trees into the points `R_j` of each window.
    fn sum_by_bit(&mut self) {
        let deepest = self.trees.iter().map(|tree| tree.levels).max().unwrap_or(0);
        for level in 0..deepest {
            self.pairs.clear();
            self.known.clear();
            for tree in self.trees.iter().filter(|tree| tree.levels > level) {
                let nodes = (1 << tree.levels) >> level;
                let odd = tree.odd_nodes(level);
                for i in 0..nodes / 2 {
                    let from = (tree.start + 2 * i + 1) as usize;
                    copy(&mut self.nodes, from, (odd + i) as usize);
                }
                // Many buckets are empty where values are small or few: what is added to nothing takes no addition.
                let (points, pairs, known) = (&self.nodes, &mut self.pairs, &mut self.known);
                let mut add = |pair: Pair| {
                    let [a, b] = [0, 1].map(|behind| at(points, (pair.from + behind) as usize));
                    match [a, b].map(|point| point.is_identity()) {
                        [false, false] => pairs.push(pair),
                        [true, _] => known.push((pair.to, b)),
                        [_, true] => known.push((pair.to, a)),
                    }
                };
                // Node 0 of a level weighs nothing and is never needed.
                for i in 1..nodes / 2 {
                    add(Pair {
                        from: tree.start + 2 * i,
                        to: tree.start + i,
                    });
                }
                // All odd nodes of the levels before have been halved to as many points as this level has nodes.
                for before in 0..level {
                    let odd = tree.odd_nodes(before);
                    for i in 0..nodes / 2 {
                        add(Pair {
                            from: odd + 2 * i,
                            to: odd + i,
                        });
                    }
                }
            }
            self.adder
                .add_pairs(&mut self.nodes, &self.pairs, &mut self.scratch);
            for &(to, point) in &self.known {
                if let Some(node) = self.nodes.get_mut(to as usize) {
                    *node = point;
                }
            }
        }
        self.bits.clear();
        for tree in &self.trees {
            self.bits.extend(
                (0..=tree.levels).map(|level| at(&self.nodes, tree.odd_nodes(level) as usize)),
            );
        }
    }
}

/// A point of a list; all indices are inside by construction.
#[inline(always)]
fn at(points: &[PackedPoint], place: usize) -> PackedPoint {
    points.get(place).copied().unwrap_or_default()
}

/// `points[to] = points[from]`.
#[inline(always)]
fn copy(points: &mut [PackedPoint], from: usize, to: usize) {
    let point = at(points, from);
    if let Some(slot) = points.get_mut(to) {
        *slot = point;
    }
}
