//! Factors per channel behind a contraction with constant weights, moved into these: a batch normalization costs nothing then.

use crate::OnnxError;
use crate::graph::{Graph, Kind, LayerId, Real, Summand};
use inferproof_view::View;

/// A contraction with constant weights, and what each entry behind it is made of.
struct Source {
    weights: LayerId,
    /// The number of its rows of weights.
    rows: usize,
    /// For each entry, one more than the row that it comes from; 0 where it is always zero.
    made_of: Vec<Real>,
}

/// Moves factors that stand behind contractions, perhaps rearranged, into their weights, where nothing else reads either.
pub fn fold_factors(graph: &mut Graph) -> Result<(), OnnxError> {
    let readers = graph.readers();
    for position in 0..graph.layers.len() {
        let Kind::Contract { left, right, axes } = graph.layers[position].kind else {
            continue;
        };
        let Some(factors) = graph.constant(right) else {
            continue;
        };
        if axes.contracted > 0 || axes.right_free > 0 || graph.is_integral(LayerId(position)) {
            continue;
        }
        let factors = factors.entries();
        let Some(source) = source(graph, &readers, left)? else {
            continue;
        };
        let free = source.made_of.len() / factors.len().max(1);
        let mut by_row: Vec<Option<f32>> = vec![None; source.rows];
        let mut places = source.made_of.iter().enumerate();
        let is_one_factor_a_row = places.all(|(place, row)| {
            if row.0 < 0.0 {
                return false;
            }
            let Some(row) = (row.0 as usize).checked_sub(1) else {
                return true;
            };
            let factor = factors[place / free.max(1)];
            *by_row[row].get_or_insert(factor) == factor
        });
        let values = graph.constant(source.weights).cloned();
        let (true, Some(values)) = (is_one_factor_a_row, values) else {
            continue;
        };
        let width = values.len() / source.rows.max(1);
        let values = values.entries();
        let values = values.chunks(width.max(1)).zip(&by_row);
        let values = values.flat_map(|(row, factor)| {
            let factor = f64::from(factor.unwrap_or(1.0));
            row.iter().map(move |&v| (f64::from(v) * factor) as f32)
        });
        graph.layers[source.weights.0].kind = Kind::Constant(values.collect());
        let view = View::identity(graph.shape(left).to_vec())?;
        graph.layers[position].kind = Kind::Linear(vec![Summand {
            coefficient: 1.0,
            source: Some(left),
            view,
        }]);
    }
    Ok(())
}

/// The contraction with constant weights behind a layer, if it is one or rearranges one, and nothing else reads either.
fn source(graph: &Graph, readers: &[usize], id: LayerId) -> Result<Option<Source>, OnnxError> {
    let mut views = Vec::new();
    let mut id = id;
    loop {
        if readers[id.0] != 1 || graph.is_integral(id) {
            return Ok(None);
        }
        match &graph.layer(id).kind {
            Kind::Linear(terms) => {
                let [term] = &terms[..] else { return Ok(None) };
                let (Some(inner), 1) = (term.source, term.view.magnitude(1)) else {
                    return Ok(None);
                };
                views.push(&term.view);
                id = inner;
            }
            Kind::Contract { right, axes, .. } if axes.contracted > 0 => {
                if graph.constant(*right).is_none() || readers[right.0] != 1 {
                    return Ok(None);
                }
                let (shape, made) = (graph.shape(*right), graph.shape(id));
                let count = |axes: &[usize]| axes.iter().product::<usize>();
                let shared = count(&shape[..axes.shared]);
                let rows = count(&shape[axes.shared..shape.len() - axes.contracted]);
                let free = count(&made[axes.shared..][..axes.left_free]);
                let block = (free * rows).max(1);
                let row = |place: usize| place / block * rows + place % rows.max(1);
                let entries = (0..count(made)).map(|place| Real((row(place) + 1) as f64));
                let mut made_of: Vec<Real> = entries.collect();
                for view in views.into_iter().rev() {
                    made_of = view.apply(&made_of)?;
                }
                return Ok(Some(Source {
                    weights: *right,
                    rows: shared * rows,
                    made_of,
                }));
            }
            _ => return Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fold_factors;
    use crate::float::evaluate;
    use crate::graph::{Axes, Graph, Kind};

    /// `(W x) * factors`, with as many factors as there are rows or as there are entries.
    fn scaled(factors: Vec<f32>, shared: usize) -> Graph {
        let mut graph = Graph::default();
        let kind = Kind::Input {
            integral: false,
            bounds: None,
        };
        let x = graph.push("x", vec![2, 2], kind);
        graph.inputs.push(x);
        let weights = graph.add_constant("w", vec![2, 2], vec![1.5, 2.0, -0.5, 4.0]);
        let axes = |shared, left_free, right_free, contracted| Axes {
            shared,
            left_free,
            right_free,
            contracted,
        };
        let y = graph.contract("product", x, weights, axes(0, 1, 1, 1));
        let permuted = inferproof_view::Step::Permute(vec![1, 0]);
        let y = graph.view("channels first", y, vec![permuted]).unwrap();
        let shape = if shared == 1 { vec![2] } else { vec![2, 2] };
        let factors = graph.add_constant("factors", shape, factors);
        let y = graph.contract("scaled", y, factors, axes(shared, 2 - shared, 0, 0));
        graph.outputs.push(y);
        graph
    }

    fn products(graph: &Graph) -> usize {
        let is_product = |kind: &Kind| matches!(kind, Kind::Contract { .. });
        graph.layers.iter().filter(|l| is_product(&l.kind)).count()
    }

    fn output(graph: &Graph) -> Vec<f64> {
        let values = evaluate(graph, &[vec![1.0, 2.0, 3.0, 0.25]], |_| true).unwrap();
        let values = values.get(graph.outputs[0]).unwrap();
        values.iter().map(|v| v.0).collect()
    }

    #[test]
    fn a_factor_for_each_channel_moves_into_the_weights() {
        let mut graph = scaled(vec![0.5, -3.5], 1);
        // By hand: (1.5 + 4, 4.5 + 0.5) * 0.5 and (-0.5 + 8, -1.5 + 1) * -3.5.
        let expected = [2.75, 2.5, -26.25, 1.75];
        assert_eq!(output(&graph), expected);
        fold_factors(&mut graph).unwrap();
        assert_eq!((products(&graph), output(&graph)), (1, expected.to_vec()));
    }

    #[test]
    fn factors_that_differ_within_a_channel_stay() {
        let mut graph = scaled(vec![0.5, 0.25, 1.5, 1.5], 2);
        let expected = output(&graph);
        fold_factors(&mut graph).unwrap();
        assert_eq!((products(&graph), output(&graph)), (2, expected));
    }
}
