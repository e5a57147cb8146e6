//! Where boxes and lines go: the layered layout of Sugiyama, Tagawa and Toda (1981).
//!
//! Every block goes one layer below the lowest block that it reads; a line that passes layers bends in each of them. Blocks and bends of
//! a layer are ordered by the mean place of their neighbours, then moved as near to that as their widths allow.

/// A size, or a place, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pair {
    pub x: f64,
    pub y: f64,
}

/// Where everything goes.
#[derive(Debug)]
pub struct Layout {
    /// The upper left corner of each block.
    pub corners: Vec<Pair>,
    /// The corners of each line, from the middle of one block's lower side to that of another's upper side.
    pub lines: Vec<Vec<Pair>>,
    /// Of all of it.
    pub size: Pair,
}

/// Between blocks side by side.
const BESIDE: f64 = 28.0;
/// Between layers.
const BETWEEN: f64 = 46.0;
/// Around all of it.
const MARGIN: f64 = 14.0;
/// How wide a line's bend is.
const BEND: f64 = 18.0;
/// How often layers are ordered, and moved.
const SWEEPS: usize = 24;
/// How much more than a block a bend keeps to its place, so that long lines are straight.
const STRAIGHT: f64 = 6.0;
/// More bends than this are not made: the lines go straight then.
const BENDS: usize = 4000;

/// A block or a bend.
struct Item {
    layer: usize,
    width: f64,
    weight: f64,
    /// The middle.
    x: f64,
    above: Vec<usize>,
    below: Vec<usize>,
}

/// Lays out blocks of these sizes. An edge leads from a block to a later one.
pub fn layout(sizes: &[Pair], edges: &[(usize, usize)]) -> Layout {
    let depths = depths(sizes.len(), edges);
    let mut items: Vec<Item> = sizes
        .iter()
        .zip(&depths)
        .map(|(size, &layer)| Item::new(layer, size.x, 1.0))
        .collect();
    let paths = paths(&mut items, edges);
    let mut layers: Vec<Vec<usize>> = Vec::new();
    for (place, item) in items.iter().enumerate() {
        if layers.len() <= item.layer {
            layers.resize_with(item.layer + 1, Vec::new);
        }
        layers[item.layer].push(place);
    }
    order(&mut items, &mut layers);
    settle(&mut items, &layers);
    coordinates(sizes, &items, &layers, &paths)
}

impl Item {
    fn new(layer: usize, width: f64, weight: f64) -> Self {
        Self {
            layer,
            width,
            weight,
            x: 0.0,
            above: Vec::new(),
            below: Vec::new(),
        }
    }
}

/// The layer of every block. One that reads nothing goes right above the first that reads it.
fn depths(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut reads = vec![Vec::new(); count];
    let mut readers = vec![Vec::new(); count];
    for &(from, to) in edges {
        reads[to].push(from);
        readers[from].push(to);
    }
    let mut depths = vec![0usize; count];
    for at in 0..count {
        let lowest = reads[at].iter().map(|&from| depths[from] + 1).max();
        depths[at] = lowest.unwrap_or(0);
    }
    for at in 0..count {
        let first = readers[at].iter().map(|&to| depths[to]).min();
        if let (true, Some(first)) = (reads[at].is_empty(), first) {
            depths[at] = first.saturating_sub(1);
        }
    }
    depths
}

/// Makes the bends of every edge, and says what is beside what. The items of every edge, from its beginning to its end.
fn paths(items: &mut Vec<Item>, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let passed = |&(from, to): &(usize, usize)| items[to].layer - items[from].layer;
    let is_bent = edges.iter().map(passed).sum::<usize>() <= BENDS + edges.len();
    let mut paths = Vec::with_capacity(edges.len());
    for &(from, to) in edges {
        let mut path = vec![from];
        if is_bent {
            for layer in items[from].layer + 1..items[to].layer {
                path.push(items.len());
                items.push(Item::new(layer, BEND, STRAIGHT));
            }
        }
        path.push(to);
        for pair in path.windows(2) {
            if let [upper, lower] = *pair {
                items[upper].below.push(lower);
                items[lower].above.push(upper);
            }
        }
        paths.push(path);
    }
    paths
}

/// The mean of some numbers.
fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = numbers.fold((0.0, 0usize), |(sum, n), x| (sum + x, n + 1));
    (count > 0).then(|| sum / count as f64)
}

/// Orders every layer by the places of neighbours, downwards and upwards in turn.
fn order(items: &mut [Item], layers: &mut [Vec<usize>]) {
    let mut places = vec![0usize; items.len()];
    for layer in layers.iter() {
        layer
            .iter()
            .enumerate()
            .for_each(|(p, &item)| places[item] = p);
    }
    for sweep in 0..SWEEPS {
        let down = sweep % 2 == 0;
        let count = layers.len();
        for step in 0..count {
            let layer = &mut layers[if down { step } else { count - 1 - step }];
            let mut keyed: Vec<(f64, usize)> = layer
                .iter()
                .map(|&item| {
                    let beside = if down {
                        &items[item].above
                    } else {
                        &items[item].below
                    };
                    let mean = mean(beside.iter().map(|&other| places[other] as f64));
                    (mean.unwrap_or(places[item] as f64), item)
                })
                .collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            for (place, (slot, (_, item))) in layer.iter_mut().zip(keyed).enumerate() {
                *slot = item;
                places[item] = place;
            }
        }
    }
}

/// Moves every item to the mean of its neighbours, as far as those of its layer leave room.
fn settle(items: &mut [Item], layers: &[Vec<usize>]) {
    for layer in layers {
        let mut end = 0.0;
        for &item in layer {
            items[item].x = end + items[item].width / 2.0;
            end += items[item].width + BESIDE;
        }
        // The first and the last are as far from the middle.
        for &item in layer {
            items[item].x -= (end - BESIDE) / 2.0;
        }
    }
    for sweep in 0..SWEEPS {
        let down = sweep % 2 == 0;
        for step in 0..layers.len() {
            let layer = &layers[if down { step } else { layers.len() - 1 - step }];
            let wanted: Vec<(f64, f64)> = layer
                .iter()
                .map(|&item| {
                    let Item {
                        above,
                        below,
                        x,
                        weight,
                        ..
                    } = &items[item];
                    let (first, second) = if down { (above, below) } else { (below, above) };
                    let beside = if first.is_empty() { second } else { first };
                    (beside_blocks(items, item, beside).unwrap_or(*x), *weight)
                })
                .collect();
            let gaps: Vec<f64> = layer
                .windows(2)
                .map(|pair| match *pair {
                    [left, right] => (items[left].width + items[right].width) / 2.0 + BESIDE,
                    _ => 0.0,
                })
                .collect();
            for (&item, x) in layer.iter().zip(apart(&wanted, &gaps)) {
                items[item].x = x;
            }
        }
    }
}

/// The mean middle of an item's neighbours. Where a block has blocks among them, lines that only pass by do not count: a chain of blocks
/// would lean towards every line beside it.
fn beside_blocks(items: &[Item], item: usize, beside: &[usize]) -> Option<f64> {
    let is_block = |at: usize| items[at].weight < STRAIGHT;
    let blocks = beside.iter().filter(|&&other| is_block(other));
    let blocks = mean(blocks.map(|&other| items[other].x)).filter(|_| is_block(item));
    blocks.or_else(|| mean(beside.iter().map(|&other| items[other].x)))
}

/// The places in this order, at least the gaps apart, that are nearest to the wanted ones in weighted squares: with the gaps taken off this
/// is isotonic regression, which pools neighbours that are in the wrong order.
fn apart(wanted: &[(f64, f64)], gaps: &[f64]) -> Vec<f64> {
    let mut offset = 0.0;
    let mut offsets = Vec::with_capacity(wanted.len());
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (place, &(x, weight)) in wanted.iter().enumerate() {
        if let Some(gap) = place.checked_sub(1).and_then(|before| gaps.get(before)) {
            offset += gap;
        }
        offsets.push(offset);
        let mut pool = (x - offset, weight, 1);
        while let Some(before) = pools.pop_if(|before| before.0 > pool.0) {
            let weight = before.1 + pool.1;
            let x = (before.0 * before.1 + pool.0 * pool.1) / weight;
            pool = (x, weight, before.2 + pool.2);
        }
        pools.push(pool);
    }
    let pooled = pools
        .iter()
        .flat_map(|&(x, _, count)| std::iter::repeat_n(x, count));
    pooled.zip(&offsets).map(|(x, offset)| x + offset).collect()
}

/// From middles to corners, with the least x and y at the margin.
fn coordinates(
    sizes: &[Pair],
    items: &[Item],
    layers: &[Vec<usize>],
    paths: &[Vec<usize>],
) -> Layout {
    let height = |layer: &Vec<usize>| {
        let heights = layer
            .iter()
            .filter_map(|&item| sizes.get(item))
            .map(|s| s.y);
        heights.fold(0.0, f64::max)
    };
    let mut tops = Vec::with_capacity(layers.len());
    let mut end = MARGIN;
    for layer in layers {
        tops.push(end);
        end += height(layer) + BETWEEN;
    }
    let left = items.iter().map(|i| i.x - i.width / 2.0);
    let left = left.fold(f64::INFINITY, f64::min);
    let left = if left.is_finite() { left - MARGIN } else { 0.0 };
    let right = items.iter().map(|i| i.x + i.width / 2.0);
    let right = right.fold(0.0, f64::max);
    let corners = sizes.iter().zip(items).map(|(size, item)| Pair {
        x: item.x - size.x / 2.0 - left,
        y: tops[item.layer],
    });
    let lines = paths.iter().map(|path| {
        let mut line = Vec::with_capacity(path.len() * 2);
        for (step, &at) in path.iter().enumerate() {
            let item = &items[at];
            let (x, top) = (item.x - left, tops[item.layer]);
            let low = top + sizes.get(at).map_or(0.0, |s| s.y);
            let bottom = top + layers.get(item.layer).map_or(0.0, height);
            match (step == 0, step + 1 == path.len()) {
                (true, _) => line.push(Pair { x, y: low }),
                (_, true) => line.push(Pair { x, y: top }),
                // A bend goes straight past the boxes of its layer.
                _ => line.extend([Pair { x, y: top }, Pair { x, y: bottom }]),
            }
        }
        line
    });
    Layout {
        corners: corners.collect(),
        lines: lines.collect(),
        size: Pair {
            x: right - left + MARGIN,
            y: end - BETWEEN + MARGIN,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Pair = Pair { x: 100.0, y: 40.0 };

    fn overlap(a: &Pair, b: &Pair) -> bool {
        (a.x - b.x).abs() < SIZE.x && (a.y - b.y).abs() < SIZE.y
    }

    #[test]
    fn blocks_do_not_overlap_and_lines_go_down() {
        // A residual block, a second input, and a block that reads nothing.
        let edges = [
            (0, 1),
            (1, 2),
            (2, 3),
            (0, 3),
            (3, 5),
            (4, 5),
            (5, 6),
            (0, 6),
        ];
        let layout = layout(&[SIZE; 8], &edges);
        for (place, a) in layout.corners.iter().enumerate() {
            assert!(a.x >= 0.0 && a.x + SIZE.x <= layout.size.x);
            assert!(a.y >= 0.0 && a.y + SIZE.y <= layout.size.y);
            for b in &layout.corners[..place] {
                assert!(!overlap(a, b), "{a:?} and {b:?}");
            }
        }
        for (line, &(from, to)) in layout.lines.iter().zip(&edges) {
            assert_eq!(line[0].y, layout.corners[from].y + SIZE.y);
            assert_eq!(line[line.len() - 1].y, layout.corners[to].y);
            assert!(line.windows(2).all(|pair| pair[0].y < pair[1].y));
        }
    }

    #[test]
    fn nothing_to_draw() {
        let layout = layout(&[], &[]);
        assert!(layout.corners.is_empty() && layout.size.y.is_finite());
    }

    #[test]
    fn places_are_as_near_as_gaps_allow() {
        let near = apart(&[(0.0, 1.0), (1.0, 1.0), (50.0, 1.0)], &[10.0, 10.0]);
        assert_eq!(near, [-4.5, 5.5, 50.0]);
    }
}
