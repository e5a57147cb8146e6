//! A product with constant weights of a product with constant weights is one product: a depthwise convolution and the pointwise one behind it
//! are one convolution. It has more weights, which cost a proof next to nothing, and what lay between is not committed to.

use crate::OnnxError;
use crate::graph::{Axes, Graph, Kind, LayerId, Real, Summand};
use inferproof_view::{Step, View, volume};

/// So many weights more are worth one value less that is committed to.
const WEIGHTS_PER_VALUE: usize = 64;

/// The inner product, and its axes.
struct Inner {
    id: LayerId,
    left: LayerId,
    weights: LayerId,
    axes: Axes,
}

/// Makes one product of two where nothing else reads the inner one, and the new weights are not too many.
pub fn merge(graph: &mut Graph) -> Result<(), OnnxError> {
    let readers = graph.readers();
    for position in 0..graph.layers.len() {
        let id = LayerId(position);
        let Kind::Contract { left, right, axes } = graph.layer(id).kind else {
            continue;
        };
        let is_outer = axes.shared == 0 && axes.contracted > 0 && left != right;
        if !is_outer || graph.constant(right).is_none() || graph.is_integral(id) {
            continue;
        }
        if let Some(inner) = inner(graph, &readers, left, axes)? {
            join(graph, id, &inner)?;
        }
    }
    Ok(())
}

/// The product with constant weights that a product's operand rearranges, if it has the same rows, and its columns are what is contracted.
fn inner(
    graph: &Graph,
    readers: &[usize],
    operand: LayerId,
    outer: Axes,
) -> Result<Option<Inner>, OnnxError> {
    let mut views = Vec::new();
    let mut id = operand;
    while let Some((source, view)) = graph.viewed(id) {
        if readers[id.0] != 1 {
            return Ok(None);
        }
        views.push(view);
        id = source;
    }
    let Kind::Contract {
        left,
        right: weights,
        axes,
    } = graph.layer(id).kind
    else {
        return Ok(None);
    };
    let is_inner = id != operand
        && readers[id.0] == 1
        && axes.shared <= 1
        && axes.contracted > 0
        && graph.constant(weights).is_some()
        && !graph.is_integral(id);
    let (shape, read) = (graph.shape(id), graph.shape(operand));
    let free = &shape[axes.shared..axes.shared + axes.left_free];
    if !is_inner || *free != read[..read.len() - outer.contracted] {
        return Ok(None);
    }
    let made = volume(shape).unwrap_or(0);
    let mut places: Vec<Real> = (0..made).map(|place| Real(place as f64)).collect();
    for view in views.into_iter().rev() {
        places = view.apply(&places)?;
    }
    let count = |axes: &[usize]| axes.iter().product::<usize>().max(1);
    let (rows, width) = (count(free), count(&shape[axes.shared + axes.left_free..]));
    let columns = made / rows.max(1);
    let expected = |place: usize| {
        let (row, column) = (place / columns, place % columns);
        (column / width * rows + row) * width + column % width
    };
    let mut found = places.iter().enumerate();
    let is_same =
        places.len() == made && found.all(|(place, from)| from.0 == expected(place) as f64);
    Ok(is_same.then_some(Inner {
        id,
        left,
        weights,
        axes,
    }))
}

/// Puts the weights of both in the place of the inner product, and lets the outer one read what the inner one reads.
fn join(graph: &mut Graph, id: LayerId, inner: &Inner) -> Result<(), OnnxError> {
    let Kind::Contract { left, right, axes } = graph.layer(id).kind else {
        return Ok(());
    };
    let (Some(first), Some(second)) = (
        graph.constant(inner.weights).cloned(),
        graph.constant(right).cloned(),
    ) else {
        return Ok(());
    };
    let own = inner.axes;
    let shape = graph.shape(inner.weights).to_vec();
    let count = |axes: &[usize]| axes.iter().product::<usize>();
    let groups = count(&shape[..own.shared]);
    let width = count(&shape[own.shared..shape.len() - own.contracted]);
    let kernel = count(&shape[shape.len() - own.contracted..]);
    let outputs = second.len() / (groups * width).max(1);
    let saved = volume(graph.shape(inner.id)).unwrap_or(0);
    let most = (saved * WEIGHTS_PER_VALUE).saturating_add(first.len() + second.len());
    if outputs.saturating_mul(groups).saturating_mul(kernel) > most {
        return Ok(());
    }
    let first = first.entries();
    let mut weights = vec![0f64; outputs * groups * kernel];
    for (place, &factor) in second.entries().iter().enumerate() {
        let row = place % (groups * width);
        let made = place / (groups * width) * groups + row / width;
        let from = first[row * kernel..].iter();
        for (sum, &weight) in weights[made * kernel..].iter_mut().zip(from).take(kernel) {
            *sum += f64::from(factor) * f64::from(weight);
        }
    }
    let mut weights_shape = graph.shape(right)[..axes.right_free].to_vec();
    weights_shape.extend(&shape[..own.shared]);
    weights_shape.extend(&shape[shape.len() - own.contracted..]);
    // The groups, which come first, become the first of the axes that are contracted.
    let rank = graph.shape(inner.left).len();
    let free = own.shared..own.shared + own.left_free;
    let order = free.clone().chain(0..own.shared).chain(free.end..rank);
    let permute = Step::Permute(order.collect());
    let operand = match &graph.layer(inner.left).kind {
        Kind::Linear(terms) if terms.len() == 1 => Summand {
            view: terms[0].view.clone().then(permute)?,
            ..terms[0].clone()
        },
        _ => Summand {
            coefficient: 1.0,
            source: Some(inner.left),
            view: View::identity(graph.shape(inner.left).to_vec())?.then(permute)?,
        },
    };
    let origin = graph.layer(id).origin.clone();
    let constant = &mut graph.layers[inner.id.0];
    constant.origin = origin;
    constant.shape = weights_shape;
    constant.kind = Kind::Constant(weights.iter().map(|&w| w as f32).collect());
    let read = &mut graph.layers[left.0];
    read.shape = operand.view.target().to_vec();
    read.kind = Kind::Linear(vec![operand]);
    graph.layers[id.0].kind = Kind::Contract {
        left,
        right: inner.id,
        axes: Axes {
            left_free: own.left_free,
            contracted: own.shared + own.contracted,
            ..axes
        },
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::merge;
    use crate::float::evaluate;
    use crate::graph::{Axes, Graph, Kind, LayerId};
    use inferproof_view::Step;

    fn axes(shared: usize, left_free: usize, contracted: usize) -> Axes {
        Axes {
            shared,
            left_free,
            right_free: 1,
            contracted,
        }
    }

    /// Two groups, each of two columns of three numbers at two places, made two columns; then both groups' columns together made three.
    fn separable(is_read_twice: bool) -> (Graph, LayerId) {
        let mut graph = Graph::default();
        let kind = Kind::Input {
            integral: false,
            bounds: None,
        };
        let x = graph.push("x", vec![2, 2, 3], kind);
        graph.inputs.push(x);
        let first = (0..12).map(|i| 0.5 * i as f32 - 2.25).collect();
        let first = graph.add_constant("first", vec![2, 2, 3], first);
        let inner = graph.contract("inner", x, first, axes(1, 1, 1));
        let steps = vec![
            Step::Permute(vec![1, 0, 2]),
            Step::Merge {
                axis: 1,
                sizes: vec![2, 2],
            },
        ];
        let read = graph.view("read", inner, steps).unwrap();
        let second = (0..12).map(|i| 1.5 - 0.25 * i as f32).collect();
        let second = graph.add_constant("second", vec![3, 4], second);
        let outer = graph.contract("outer", read, second, axes(0, 1, 1));
        graph.outputs.push(outer);
        if is_read_twice {
            graph.outputs.push(inner);
        }
        (graph, outer)
    }

    fn output(graph: &Graph) -> Vec<f64> {
        let sample: Vec<f64> = (0..12).map(|i| f64::from(i * i) / 8.0 - 1.0).collect();
        let values = evaluate(graph, &[sample], |_| true).unwrap();
        let values = values.get(graph.outputs[0]).unwrap();
        values.iter().map(|v| v.0).collect()
    }

    fn products(graph: &Graph) -> usize {
        let is_product = |kind: &Kind| matches!(kind, Kind::Contract { .. });
        graph.layers.iter().filter(|l| is_product(&l.kind)).count()
    }

    #[test]
    fn two_products_become_one() {
        let (mut graph, outer) = separable(false);
        let expected = output(&graph);
        merge(&mut graph).unwrap();
        graph.prune();
        assert_eq!(products(&graph), 1);
        // All numbers are multiples of small powers of two: the sums are exact.
        assert_eq!(output(&graph), expected);
        assert!(outer.0 > graph.outputs[0].0);
    }

    #[test]
    fn what_is_read_elsewhere_stays() {
        let (mut graph, _) = separable(true);
        merge(&mut graph).unwrap();
        assert_eq!(products(&graph), 2);
    }
}
