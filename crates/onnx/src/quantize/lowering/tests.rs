//! What functions become: tables, or divisions.

use super::lower;
use crate::accuracy::compare;
use crate::calibrate::{Sample, calibrate};
use crate::function::{Expression, Function, Operation};
use crate::graph::{Axes, Graph, LayerId};
use crate::import::Port;
use crate::interface::Interface;
use crate::progress::Progress;
use crate::quantize::{InputWidths, Plan, Widths};
use inferproof_program::{BoundWeights, Op};

fn port(name: &str, width: usize) -> Port {
    Port {
        name: name.into(),
        shape: vec![1, width],
        ..Port::default()
    }
}

/// `x` times a diagonal matrix.
fn scaled(graph: &mut Graph, source: LayerId, by: f32) -> LayerId {
    let width = graph.shape(source)[1];
    let place = |i: usize| if i.is_multiple_of(width + 1) { by } else { 0.0 };
    let weights = (0..width * width).map(place).collect();
    let weights = graph.add_constant("weights", vec![width, width], weights);
    let axes = Axes {
        shared: 0,
        left_free: 1,
        right_free: 1,
        contracted: 1,
    };
    graph.contract("product", source, weights, axes)
}

/// The program of a graph with one input, and its error relative to the float model.
fn lowered(graph: &Graph, samples: &[Sample], bits: u32) -> (BoundWeights, f64) {
    let progress = &mut Progress::unheard();
    let calibration = calibrate(graph, samples, progress).unwrap();
    let plan = Plan::uniform(Widths::new(16, bits), &InputWidths::default());
    let width = |id: &LayerId| graph.shape(*id)[1];
    let inputs: Vec<_> = graph.inputs.iter().map(|id| port("x", width(id))).collect();
    let outputs = graph.outputs.iter().zip(["y", "z"]);
    let outputs: Vec<_> = outputs.map(|(id, name)| port(name, width(id))).collect();
    let interface = Interface::default();
    let lowered = lower(graph, &calibration, &inputs, &outputs, &interface, &plan).unwrap();
    let expected = &calibration.outputs;
    let compared = compare(graph, &lowered, samples, expected, None, progress).unwrap();
    (lowered, compared.agreement.relative_error)
}

fn samples(width: usize, number: impl Fn(usize) -> f64) -> Vec<Sample> {
    let sample = |i: usize| vec![(0..width).map(|j| number(i * width + j)).collect()];
    (0..16).map(sample).collect()
}

#[test]
fn applications_of_one_function_share_a_table_of_many_bits() {
    let graph = |by: f32| {
        let mut graph = Graph::default();
        let x = graph.add_input(4);
        for by in [1.0, by] {
            let argument = scaled(&mut graph, x, by);
            let made = graph.apply("gelu", argument, Function::Gelu);
            graph.outputs.push(made);
        }
        graph
    };
    let samples = samples(4, |i| ((i * 7) % 64) as f64 / 8.0 - 4.0);
    for (by, bits, tables) in [(3.0, 16, 1), (0.3, 14, 1), (100.0, 16, 2), (3.0, 12, 2)] {
        let (lowered, error) = lowered(&graph(by), &samples, bits);
        assert_eq!(lowered.program().tables.len(), tables, "{by} {bits}");
        assert!(
            error < 40.0 * 0.5f64.powi(bits as i32),
            "{by} {bits}: {error}"
        );
    }
}

/// `numerator / sqrt(x + 0.001)`.
fn of_root(numerator: f64) -> Function {
    let number = |value| Box::new(Expression::Number(value));
    let moved = Expression::Combine(
        Operation::Add,
        Box::new(Expression::Argument),
        number(0.001),
    );
    let root = Expression::Apply(Function::Sqrt, Box::new(moved));
    Expression::Combine(Operation::Divide, number(numerator), Box::new(root)).into()
}

#[test]
fn few_inverses_are_divided_and_many_looked_up() {
    for function in [Function::Reciprocal, Function::ReciprocalSqrt, of_root(2.5)] {
        for (width, is_divided) in [(8, true), (1 << 15, false)] {
            let mut graph = Graph::default();
            let x = graph.add_input(width);
            let squares = graph.entrywise("square", x, x);
            let made = graph.apply("inverse", squares, function.clone());
            graph.outputs.push(made);
            let samples = samples(width, |i| 0.25 + ((i * 7) % 61) as f64 / 16.0);
            let (lowered, error) = lowered(&graph, &samples, 12);
            let program = lowered.program();
            let divides = program
                .nodes
                .iter()
                .any(|n| matches!(n.op, Op::Quotient(_)));
            assert_eq!(divides, is_divided, "{function} of {width}");
            assert_eq!(
                program.tables.is_empty(),
                is_divided,
                "{function} of {width}"
            );
            assert!(error < 0.003, "{function} of {width}: {error}");
            assert!(lowered.answer(&[vec![64; width]]).is_ok());
        }
    }
}

/// An argument beyond all that calibration saw: the value is as great as its range lets it be, and whoever runs it is told.
#[test]
fn an_inverse_of_nearly_nothing_saturates() {
    let mut graph = Graph::default();
    let x = graph.add_input(4);
    let squares = graph.entrywise("square", x, x);
    let made = graph.apply("inverse", squares, Function::Reciprocal);
    graph.outputs.push(made);
    let (lowered, _) = lowered(&graph, &samples(4, |i| 1.0 + i as f64 / 64.0), 12);
    let program = lowered.program();
    let within = lowered.answer(&[vec![program.tensors[0].high; 4]]).unwrap();
    assert!(within.saturations.is_empty(), "{:?}", within.saturations);
    let beyond = lowered.answer(&[vec![0; 4]]).unwrap();
    assert_eq!(beyond.saturations.len(), 1, "{:?}", beyond.saturations);
    assert_eq!(beyond.saturations[0].entries, 4);
    let output = program.tensor(program.outputs[0]).unwrap();
    assert_eq!(beyond.outputs, [vec![output.high; 4]]);
}
