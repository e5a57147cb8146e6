//! A function of rows that an index chooses is a choice among rows of which the function has been taken: `f(W[i] + b) = f(W + b)[i]`. Nothing
//! of it is computed in a proof then.

use crate::OnnxError;
use crate::graph::{Graph, Kind, LayerId, Real};

/// Takes functions of rows that are chosen in advance, where nothing else reads what they are functions of.
pub fn apply(graph: &mut Graph) -> Result<(), OnnxError> {
    let readers = graph.readers();
    for position in 0..graph.layers.len() {
        let Kind::Apply { source, function } = graph.layers[position].kind.clone() else {
            continue;
        };
        if readers[source.0] != 1 || graph.is_integral(LayerId(position)) {
            continue;
        }
        let Some((product, offsets)) = product(graph, source)? else {
            continue;
        };
        let kind = graph.layer(product).kind.clone();
        let Kind::Contract { left, right, axes } = kind else {
            continue;
        };
        let is_choice = matches!(graph.layer(left).kind, Kind::Indicator { .. })
            && (axes.shared, axes.contracted) == (0, 1);
        let (Some(rows), true) = (graph.constant(right), is_choice) else {
            continue;
        };
        let shape = graph.shape(right).to_vec();
        let classes = shape.last().copied().unwrap_or(1).max(1);
        let width = (rows.len() / classes).max(1);
        let mut all = offsets.chunks(width);
        if !all.all(|own| own == &offsets[..width]) {
            continue;
        }
        let rows = rows.entries();
        let values = rows.iter().zip(0..).map(|(&value, place): (_, usize)| {
            function.evaluate(f64::from(value) + offsets[place / classes].0)
        });
        let values: Vec<f32> = values.map(|value| value as f32).collect();
        if !values.iter().all(|value| value.is_finite()) {
            continue;
        }
        let constant = &mut graph.layers[source.0];
        constant.shape = shape;
        constant.kind = Kind::Constant(values.into());
        graph.layers[position].kind = Kind::Contract {
            left,
            right: source,
            axes,
        };
    }
    Ok(())
}

/// What a layer is but for constants added to it, and these, entry by entry.
fn product(graph: &Graph, id: LayerId) -> Result<Option<(LayerId, Vec<Real>)>, OnnxError> {
    let entries = graph.shape(id).iter().product();
    let mut offsets = vec![Real(0.0); entries];
    let Kind::Linear(terms) = &graph.layer(id).kind else {
        return Ok(Some((id, offsets)));
    };
    let mut product = None;
    for term in terms {
        let constant = match term.source {
            None => vec![Real(1.0)],
            Some(source) => match graph.constant(source) {
                Some(values) => values.entries().iter().map(|&v| Real(v.into())).collect(),
                None => {
                    let is_own = term.coefficient == 1.0 && term.view.steps().is_empty();
                    if !is_own || product.replace(source).is_some() {
                        return Ok(None);
                    }
                    continue;
                }
            },
        };
        for (offset, value) in offsets.iter_mut().zip(term.view.apply(&constant)?) {
            offset.0 += term.coefficient * value.0;
        }
    }
    Ok(product.map(|product| (product, offsets)))
}

#[cfg(test)]
mod tests {
    use super::apply;
    use crate::float::evaluate;
    use crate::function::Function;
    use crate::graph::{Axes, Graph, Kind};
    use inferproof_view::Step;

    /// `|W[i] + b|` of three indices, with a `b` for each column, or for each place.
    fn rows(by_place: bool) -> Graph {
        let mut graph = Graph::default();
        let kind = Kind::Input {
            integral: true,
            bounds: None,
        };
        let x = graph.push("x", vec![3], kind);
        graph.inputs.push(x);
        let code = graph.indicator("code", x, 4, false);
        let table = graph.add_constant(
            "w",
            vec![2, 4],
            vec![0.5, -1.5, 2.0, 3.5, -4.0, 1.0, 0.25, 6.0],
        );
        let axes = Axes {
            shared: 0,
            left_free: 1,
            right_free: 1,
            contracted: 1,
        };
        let chosen = graph.contract("chosen", code, table, axes);
        let (len, axis, other) = if by_place { (3, 1, 2) } else { (2, 0, 3) };
        let numbers = (0..len).map(|i| i as f32 - 1.25).collect();
        let offset = graph.add_constant("b", vec![len], numbers);
        let terms = vec![
            graph.summand(1.0, chosen, vec![]).unwrap(),
            graph
                .summand(1.0, offset, vec![Step::Insert { axis, len: other }])
                .unwrap(),
        ];
        let sum = graph.sum("sum", terms);
        let y = graph.apply("y", sum, Function::Abs);
        graph.outputs.push(y);
        graph
    }

    fn check(by_place: bool, functions: usize) {
        let mut graph = rows(by_place);
        let output = |graph: &Graph| -> Vec<f64> {
            let values = evaluate(graph, &[vec![2.0, 0.0, 3.0]], |_| true).unwrap();
            let values = values.get(graph.outputs[0]).unwrap();
            values.iter().map(|v| v.0).collect()
        };
        let expected = output(&graph);
        apply(&mut graph).unwrap();
        graph.prune();
        assert_eq!(output(&graph), expected);
        let is_function = |kind: &Kind| matches!(kind, Kind::Apply { .. });
        let found = graph.layers.iter().filter(|l| is_function(&l.kind)).count();
        assert_eq!(found, functions);
    }

    #[test]
    fn a_function_of_chosen_rows_is_taken_of_all_rows() {
        check(false, 0);
    }

    #[test]
    fn what_differs_from_place_to_place_stays() {
        check(true, 1);
    }
}
