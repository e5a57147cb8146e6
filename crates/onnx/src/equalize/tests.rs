use super::{Equalization, Equalized};
use crate::accuracy::compare;
use crate::calibrate::calibrate;
use crate::float::evaluate;
use crate::function::Function;
use crate::graph::{Axes, Graph, Kind, LayerId};
use crate::import::{Model, Port};
use crate::interface::Interface;
use crate::progress::Progress;
use crate::quantize::{InputWidths, Plan, Widths, lower};
use crate::{FloatModel, QuantizeOptions};
use std::collections::BTreeSet;

/// A matrix product with constant weights, `[rows][columns]`.
const PRODUCT: Axes = Axes {
    shared: 0,
    left_free: 1,
    right_free: 1,
    contracted: 1,
};

fn product(graph: &mut Graph, source: LayerId, weights: &[&[f32]]) -> LayerId {
    let shape = vec![weights.len(), weights[0].len()];
    let weights = graph.add_constant("weights", shape, weights.concat());
    graph.contract("product", source, weights, PRODUCT)
}

fn equalized(graph: &Graph, samples: &[Vec<f64>]) -> Option<Equalized> {
    let mut equalization = Equalization::of(graph, &BTreeSet::new()).unwrap();
    for sample in samples {
        let values = evaluate(graph, std::slice::from_ref(sample), |_| true).unwrap();
        (0..graph.layers.len()).for_each(|layer| equalization.observe(LayerId(layer), &values));
    }
    equalization.apply(graph).unwrap()
}

fn output(graph: &Graph, sample: &[f64]) -> Vec<f64> {
    let values = evaluate(graph, &[sample.to_vec()], |_| true).unwrap();
    let values = values.get(graph.outputs[0]).unwrap();
    values.iter().map(|v| v.0).collect()
}

fn clamp(low: Option<f64>, high: Option<f64>) -> Function {
    Function::Clamp { low, high }
}

/// `W2 f(W1 x)`, of which the first channel is a 1024th of the second.
fn two_layers(function: Function) -> Graph {
    let mut graph = Graph::default();
    let x = graph.add_input(2);
    let hidden = product(&mut graph, x, &[&[0.0009765625, 0.0], &[0.0, 1.0]]);
    let hidden = graph.apply("function", hidden, function);
    let y = product(&mut graph, hidden, &[&[1024.5, 1.5]]);
    graph.outputs.push(y);
    graph
}

#[test]
fn a_factor_moves_through_a_relu() {
    let graph = two_layers(clamp(Some(0.0), None));
    let samples = [vec![1.0, 1.0], vec![0.5, 0.25]];
    let made = equalized(&graph, &samples).unwrap();
    let constants = made
        .graph
        .layers
        .iter()
        .filter_map(|layer| match &layer.kind {
            Kind::Constant(values) => Some(values.entries().to_vec()),
            _ => None,
        });
    let constants: Vec<_> = constants.collect();
    // The first channel times 512 before the ReLU, and divided by it after: both rows and both columns are alike. With 1024 it would be as
    // great as the other, and have no room to grow.
    assert_eq!(
        constants,
        [vec![0.5, 0.0, 0.0, 1.0], vec![2.0 + 1.0 / 1024.0, 1.5]]
    );
    for sample in [[1.0f64, 1.0], [0.3, -0.7], [-2.0, 0.1]] {
        let [a, b] = sample.map(|v| v.max(0.0));
        let expected = 1024.5 * (a / 1024.0) + 1.5 * b;
        assert_eq!(output(&made.graph, &sample), [expected]);
        assert_eq!(output(&graph, &sample), [expected]);
    }
}

#[test]
fn none_moves_through_what_is_not_linear_from_zero_on() {
    let samples = [vec![1.0, 1.0], vec![0.5, 0.25]];
    for function in [
        clamp(Some(0.0), Some(6.0)),
        clamp(Some(-1.0), None),
        Function::Tanh,
    ] {
        assert!(equalized(&two_layers(function), &samples).is_none());
    }
    assert!(equalized(&two_layers(Function::LeakyRelu { alpha: 0.1 }), &samples).is_some());
}

#[test]
fn columns_of_an_input_are_brought_to_one_size_and_to_zero() {
    let mut graph = Graph::default();
    let x = graph.add_input(2);
    let y = product(&mut graph, x, &[&[0.001, 10.0]]);
    let y = graph.apply("relu", y, clamp(Some(0.0), None));
    graph.outputs.push(y);
    // A price, and a year divided by a thousand.
    let samples = [vec![1000.0, 2.0], vec![-1000.0, 2.25]];
    let made = equalized(&graph, &samples).unwrap();
    assert_eq!(made.wide.len(), 1);
    let scaled = made
        .graph
        .layers
        .iter()
        .position(|layer| matches!(&layer.kind, Kind::Linear(terms) if terms.len() == 3));
    let values = evaluate(&made.graph, &samples[1..], |_| true).unwrap();
    let values = values.get(LayerId(scaled.unwrap())).unwrap();
    // 2.25 is 0.125 above the middle, which 2^12 brings nearest to the thousand of the price: 8000 = 2^12.97.
    let values: Vec<f64> = values.iter().map(|v| v.0).collect();
    assert_eq!(values, [-1000.0, 512.0]);
    let made = output(&made.graph, &[500.0, 2.125]);
    assert!((made[0] - 21.75).abs() < 1e-5, "{made:?}");
}

#[test]
fn outputs_of_different_sizes_are_made_alike_and_divided() {
    let mut graph = Graph::default();
    let x = graph.add_input(2);
    let hidden = product(&mut graph, x, &[&[1.0, 0.5], &[0.5, 1.0]]);
    let hidden = graph.apply("relu", hidden, clamp(Some(0.0), None));
    let y = product(&mut graph, hidden, &[&[65536.0, 0.0], &[0.0, 0.25]]);
    graph.outputs.push(y);
    let made = equalized(&graph, &[vec![1.0, 1.0]]).unwrap();
    let rows = made
        .graph
        .layers
        .iter()
        .filter_map(|layer| match &layer.kind {
            Kind::Constant(values) => {
                Some(values.entries().iter().fold(0f32, |m, v| m.max(v.abs())))
            }
            _ => None,
        });
    assert!(rows.into_iter().any(|greatest| greatest == 65536.0));
    let small = made.graph.layers.iter().any(|layer| {
        matches!(&layer.kind, Kind::Constant(values) if values.entries()[..] == [65536.0, 0.0, 0.0, 65536.0])
    });
    assert!(small);
    assert_eq!(output(&made.graph, &[1.0, 0.0]), [65536.0, 0.125]);
}

#[test]
fn channels_of_very_different_sizes_pass_at_eight_bits() {
    let mut graph = two_layers(clamp(Some(0.0), None));
    // The first channel is 2^-20 of the second, but counts as much.
    for layer in &mut graph.layers {
        if let Kind::Constant(values) = &mut layer.kind {
            let tiny = 2f32.powi(-20);
            *values = match values.len() {
                4 => vec![tiny, -0.5 * tiny, 0.25, 1.0].into(),
                _ => vec![1.5 / tiny, -1.25].into(),
            };
        }
    }
    let samples: Vec<Vec<Vec<f64>>> = (0..40)
        .map(|i| vec![vec![f64::from(i % 7) / 7.0, f64::from(i % 11) / 11.0]])
        .collect();
    let observed = samples.iter().map(|sample| sample[0].clone());
    let made = equalized(&graph, &observed.collect::<Vec<_>>());
    assert!(made.is_some());
    let port = |name: &str, shape: &[usize]| Port {
        name: name.into(),
        shape: shape.to_vec(),
        ..Port::default()
    };
    let model = FloatModel {
        model: Model {
            opset: 17,
            inputs: vec![port("x", &[1, 2])],
            outputs: vec![port("y", &[1, 1])],
            graph: graph.clone(),
            notes: vec![],
            external_files: vec![],
            files: Default::default(),
        },
        interface: Interface::default(),
    };
    let options = QuantizeOptions {
        weight_bits: Some(8),
        activation_bits: Some(8),
        ..QuantizeOptions::default()
    };
    let compiled = model.compile(&samples, &options).unwrap();
    assert!(compiled.report.within_tolerance, "{:?}", compiled.report);
    // As it is, the first channel is nothing at 16 bits either.
    let progress = &mut Progress::unheard();
    let calibration = calibrate(&graph, &samples, progress).unwrap();
    let plan = Plan::uniform(Widths::new(16, 16), &InputWidths::default());
    let Model {
        inputs, outputs, ..
    } = &model.model;
    let lowered = lower(
        &graph,
        &calibration,
        inputs,
        outputs,
        &Interface::default(),
        &plan,
    )
    .unwrap();
    let expected = &calibration.outputs;
    let compared = compare(&graph, &lowered, &samples, expected, None, progress);
    assert!(compared.unwrap().agreement.relative_error > 0.02);
}
