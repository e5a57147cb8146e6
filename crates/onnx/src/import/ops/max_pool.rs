//! MaxPool: the greatest entry of each window, and where it stands.

use crate::element::Element;
use crate::graph::{Axes, Kind, LayerId};
use crate::import::Importer;
use crate::import::build::windows::Windows;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int, ints, string};
use crate::import::value::Value;
use inferproof_view::{Step, volume};

inventory::submit! {
    Operation::new("MaxPool", &[1, 8, 10, 11, 12, 22], import)
        .attributes(&[
            string("auto_pad"),
            int("ceil_mode"),
            ints("dilations"),
            ints("kernel_shape"),
            ints("pads"),
            int("storage_order"),
            ints("strides"),
        ])
        .row(
            "`auto_pad` of dilated windows as onnxruntime has it",
            "maxima, pair by pair; its indices: the first greatest entry of each window",
        )
}

/// Positions are constants in single precision, which holds integers up to here.
const MAX_PLACES: usize = 1 << 24;

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let source = importer.input(node, 0)?;
    let element = node.element(0)?;
    let windows = Windows::of_pool(node, importer.graph.shape(source))?;
    let layer = importer.greatest_of_windows(&node.origin, source, &windows)?;
    let mut outputs = vec![Value::computed(layer, element)];
    if node.wants(1) {
        let columns_first = node.flag("storage_order", false);
        let places = importer.places_in_windows(&node.origin, source, &windows, columns_first)?;
        outputs.push(Value::computed(places, Element::Int64));
    }
    Ok(outputs)
}

/// The steps that read, for each position and each window entry, an entry of the window: `[n, c, o0, k0, o1, k1, ..]`.
fn taps(windows: &[Windows]) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for (i, w) in windows.iter().enumerate() {
        let (axis, sizes) = (w.axis + i, vec![w.positions, w.kernel]);
        let index = (0..w.positions).flat_map(|p| (0..w.kernel).map(move |k| (p, k)));
        let index = index.map(|(p, k)| w.tapped(p, k).and_then(|at| u32::try_from(at).ok()));
        let index: Option<Vec<u32>> = index.collect();
        let index = index?.into_iter().map(Some).collect();
        let source = w.source;
        steps.push(Step::Gather {
            axis,
            source,
            index,
        });
        steps.push(Step::Split { axis, sizes });
    }
    Some(steps)
}

impl Importer<'_> {
    /// The maximum along each axis in turn, pairwise along the window.
    pub fn greatest_of_windows(
        &mut self,
        origin: &str,
        source: LayerId,
        windows: &[Windows],
    ) -> Imported<LayerId> {
        let mut pooled = source;
        for windows in windows {
            let mut taps = Vec::new();
            for offset in 0..windows.kernel {
                let Some(step) = windows.tap(offset) else {
                    return refuse("a window that lies in the padding altogether");
                };
                taps.push(self.graph.view(origin, pooled, vec![step])?);
            }
            let greatest = taps.into_iter().reduce(|a, b| self.graph.max(origin, a, b));
            pooled = greatest.unwrap_or(pooled);
        }
        Ok(pooled)
    }

    /// For each window, where its first greatest entry stands in the whole tensor, counted by rows (or by columns within the image).
    /// Padding repeats an entry of its window that comes before it or is the first, so that it is never found in its stead.
    fn places_in_windows(
        &mut self,
        origin: &str,
        source: LayerId,
        windows: &[Windows],
        columns_first: bool,
    ) -> Imported<LayerId> {
        let shape = self.graph.shape(source).to_vec();
        let Some(steps) = taps(windows) else {
            return refuse("a window that lies in the padding altogether");
        };
        let total = volume(&shape).filter(|&n| n <= MAX_PLACES);
        let Some(total) = total else {
            return refuse("the places of maxima in a tensor of more than 2^24 entries");
        };
        let (axes, image) = (windows.len(), shape.get(2..).unwrap_or_default());
        let order: Vec<usize> = (0..2)
            .chain((0..axes).map(|i| 2 + 2 * i))
            .chain((0..axes).map(|i| 3 + 2 * i))
            .collect();
        let kernel: Vec<usize> = windows.iter().map(|w| w.kernel).collect();
        let positions = windows.iter().map(|w| w.positions);
        let outer: Vec<usize> = shape.iter().take(2).copied().chain(positions).collect();
        let axis = outer.len();
        let read = [
            steps,
            vec![
                Step::Permute(order),
                Step::Merge {
                    axis,
                    sizes: kernel,
                },
            ],
        ]
        .concat();
        let rows = self.graph.view(origin, source, read.clone())?;
        let row_shape = self.graph.shape(rows).to_vec();
        let kind = Kind::OneHot {
            source: rows,
            taken: vec![],
        };
        let hot = self.graph.push(origin, row_shape, kind);
        let plane = volume(image).unwrap_or(1).max(1);
        let numbers = (0..total).map(|at| {
            let (outer, mut inner) = (at / plane, at % plane);
            if columns_first {
                // The first axis of the image varies fastest, and the plane is counted as before.
                let mut stride = plane;
                let mut counted = 0;
                let mut weight = 1;
                for &length in image {
                    stride /= length.max(1);
                    counted += (inner / stride.max(1)) * weight;
                    inner %= stride.max(1);
                    weight *= length;
                }
                inner = counted;
            }
            (outer * plane + inner) as f32
        });
        let numbers: Vec<f32> = numbers.collect();
        let numbers = self.graph.add_constant(origin, shape, numbers);
        let numbers = self.graph.view(origin, numbers, read)?;
        let axes = Axes {
            shared: axis,
            left_free: 0,
            right_free: 0,
            contracted: 1,
        };
        Ok(self.graph.contract(origin, hot, numbers, axes))
    }
}
