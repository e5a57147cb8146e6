//! Models whose outputs are the next run's inputs, step by step against onnxruntime's own chain of steps. `generate_feeds.py` makes the
//! models and the answers.

mod support;

use inferproof_onnx::{
    Array as Given, Compiled, Entries, FloatModel, OnnxError, QuantizeOptions, Sample, Samples,
    dequantize_outputs, parse_samples, port_of, quantize_inputs,
};
use inferproof_program::{Op, Program, Tensor, TensorId};
use std::collections::BTreeMap;
use support::{arrays, check_all, data};

const DECODER: [(&str, &str); 5] = [
    ("next_token", "token"),
    ("present.0.key", "past.0.key"),
    ("present.0.value", "past.0.value"),
    ("present.1.key", "past.1.key"),
    ("present.1.value", "past.1.value"),
];

fn model(case: &str, feeds: &[(&str, &str)]) -> FloatModel {
    let onnx = std::fs::read(data().join(format!("feeds/{case}.onnx"))).unwrap();
    let mut model = FloatModel::import(&onnx).unwrap();
    for (output, input) in feeds {
        model.feed(output, input).unwrap();
    }
    model
}

/// What onnxruntime was given (`in`) or gave (`out`), by name.
fn recorded(case: &str, direction: &str) -> BTreeMap<String, Given> {
    let prefix = format!("{case}.{direction}.");
    let of_case = arrays("feeds.npz").into_iter().filter_map(|(name, array)| {
        let name = name.strip_prefix(&prefix)?.to_owned();
        let (shape, entries) = (array.shape, Entries::Numbers(array.values));
        Some((name, Given { shape, entries }))
    });
    of_case.collect()
}

/// The samples of a case; of what is fed the first alone if that is said, or none.
fn samples(case: &str, model: &FloatModel, keep: Keep) -> Vec<Sample> {
    let mut given = recorded(case, "in");
    for port in model.inputs().iter().filter(|port| port.is_fed) {
        let array = given.get_mut(&port.name).unwrap();
        match keep {
            Keep::All => {}
            Keep::None => drop(given.remove(&port.name)),
            Keep::First => {
                let Entries::Numbers(numbers) = &mut array.entries else {
                    panic!("numbers")
                };
                numbers.truncate(numbers.len() / array.shape[0]);
                array.shape[0] = 1;
            }
        }
    }
    let samples = Samples::from_arrays(case, &given, None, model.inputs());
    samples.unwrap().inputs
}

#[derive(Clone, Copy)]
enum Keep {
    All,
    First,
    None,
}

fn at_bits(bits: u32) -> QuantizeOptions {
    QuantizeOptions {
        weight_bits: Some(bits),
        activation_bits: Some(bits),
        ..QuantizeOptions::default()
    }
}

/// Steps of one output.
type Steps = Vec<Vec<f64>>;

/// The steps of the integer program, each with the integers that the one before has made: the values of its outputs, by name, and the
/// integers of its inputs.
fn chain(compiled: &Compiled, samples: &[Sample]) -> (BTreeMap<String, Steps>, Vec<Vec<Vec<i64>>>) {
    let program = &compiled.program;
    let mut outputs: BTreeMap<String, Steps> = BTreeMap::new();
    let mut all = vec![];
    let mut before: Option<Vec<Vec<i64>>> = None;
    for sample in samples {
        let mut inputs = quantize_inputs(program, sample);
        if let Some(before) = &before {
            for feed in &program.feeds {
                inputs[feed.input].clone_from(&before[feed.output]);
            }
        }
        let trace = compiled.weights.run(&inputs).unwrap();
        let integers = trace.outputs(program);
        let values = dequantize_outputs(program, &integers);
        for (&id, values) in program.outputs.iter().zip(values) {
            let name = program.tensor(id).unwrap().name.clone();
            outputs.entry(name).or_default().push(values);
        }
        all.push(inputs);
        before = Some(integers);
    }
    (outputs, all)
}

/// By how much the values of an output differ from onnxruntime's at most, over all steps that were taken.
fn drift(case: &str, outputs: &BTreeMap<String, Steps>, name: &str) -> f64 {
    let expected = recorded(case, "out").remove(name).unwrap();
    let Entries::Numbers(expected) = expected.entries else {
        panic!("numbers")
    };
    let got = outputs[name].concat();
    assert!(!got.is_empty() && got.len() <= expected.len());
    let differences = got.iter().zip(&expected).map(|(g, e)| (g - e).abs());
    differences.fold(0.0, f64::max)
}

fn tensor(program: &Program, name: &str) -> (TensorId, Tensor) {
    let id = port_of(program, name).unwrap();
    (id, program.tensor(id).unwrap().clone())
}

fn described(tensor: &Tensor) -> (Vec<usize>, i64, i64, i32) {
    let Tensor {
        shape,
        low,
        high,
        scale_log2,
        ..
    } = tensor;
    (shape.clone(), *low, *high, *scale_log2)
}

/// The feeds of each model.
fn feeds_of(case: &str) -> &'static [(&'static str, &'static str)] {
    match case {
        "recurrent" => &[("state_next", "state")],
        "shifted" => &[("window_next", "window")],
        "replaced" => &[("cache_next", "cache")],
        "kinds" => &[("count_next", "count")],
        "scatter_elements" | "scatter_nd" | "tensor_scatter" => &[("cache_next", "cache")],
        "decoder_product" | "decoder_where" | "decoder_scatter" => &DECODER,
        "logistic_server" => &[("W_next", "W")],
        "network_server" => &[("W1_next", "W1"), ("W2_next", "W2")],
        _ => &[],
    }
}

#[test]
fn both_ends_of_a_feed_are_alike_at_every_width() {
    check_all("feeds", 14, |case, _| {
        let feeds = feeds_of(case);
        let model = model(case, feeds);
        let samples = samples(case, &model, Keep::All);
        for bits in [8, 11, 16] {
            let compiled = model.compile(&samples, &at_bits(bits)).unwrap();
            let program = &compiled.program;
            if program.feeds.len() != feeds.len() {
                return Err(format!("{} feeds", program.feeds.len()));
            }
            for (output, input) in feeds {
                let (output, input) = (
                    tensor(program, &format!("output:{output}")),
                    tensor(program, &format!("input:{input}")),
                );
                let mut fed = program.feeds.iter().map(|feed| program.fed(*feed));
                let is_said = fed.any(|fed| fed == Some((output.0, input.0)));
                let (out, into) = (described(&output.1), described(&input.1));
                if !is_said || out != into || input.1.low >= input.1.high {
                    return Err(format!("{bits} bits: {out:?} feeds {into:?}"));
                }
            }
        }
        Ok(())
    });
}

#[test]
fn a_state_follows_onnxruntime_for_a_hundred_steps() {
    let case = "recurrent";
    let model = model(case, feeds_of(case));
    let given = samples(case, &model, Keep::All);
    let mut before = f64::INFINITY;
    for (bits, most) in [(10, 0.04), (13, 0.006), (16, 0.001)] {
        let compiled = model.compile(&given, &at_bits(bits)).unwrap();
        // The greatest entry of a state means nothing.
        assert_eq!(compiled.report.agreement.top1_of, 0);
        let (outputs, _) = chain(&compiled, &given);
        let off = drift(case, &outputs, "chance");
        assert!(off <= most && off < before, "{bits} bits: {off}");
        before = off;
    }
}

/// The steps' own inputs are all that is given: the range of the state is that of the chain, and not of zeros.
#[test]
fn a_state_that_the_data_lack_is_computed_along_the_samples() {
    let case = "recurrent";
    let model = model(case, feeds_of(case));
    let known = samples(case, &model, Keep::All);
    let known = model.compile(&known, &at_bits(12)).unwrap();
    assert!(known.report.in_sequence.is_empty());
    for keep in [Keep::First, Keep::None] {
        let given = samples(case, &model, keep);
        let compiled = model.compile(&given, &at_bits(12)).unwrap();
        assert_eq!(compiled.report.in_sequence, ["state"]);
        let input = |compiled: &Compiled| described(&tensor(&compiled.program, "state").1);
        assert_eq!(input(&compiled), input(&known));
        let evaluated = model.evaluate(&compiled, &given, None, &mut |_, _, _| true);
        assert!(evaluated.unwrap().agreement.relative_error < 0.02);
    }
}

/// Of what is fed a file may have all, the first or nothing; of a gap nobody knows what it means.
#[test]
fn data_files_may_leave_out_what_is_fed() {
    let model = model("recurrent", feeds_of("recurrent"));
    let read = |name: &str, text: &str| {
        let samples = parse_samples(name, text.as_bytes(), model.inputs());
        samples.map(|s| s.inputs).map_err(|e| e.to_string())
    };
    let (x, state) = (
        "[1, 2, 3, 4, 5]",
        "[0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]",
    );
    let given =
        |samples: Vec<Sample>| -> Vec<usize> { samples.iter().map(|s| s[1].len()).collect() };
    let only = |with: &[bool]| {
        let objects = with.iter().map(|&with| match with {
            true => format!(r#"{{"x": {x}, "state": {state}}}"#),
            false => format!(r#"{{"x": {x}}}"#),
        });
        read(
            "x.json",
            &format!("[{}]", objects.collect::<Vec<_>>().join(", ")),
        )
    };
    assert_eq!(only(&[false, false, false]).map(given), Ok(vec![0, 0, 0]));
    assert_eq!(only(&[true, false, false]).map(given), Ok(vec![16, 0, 0]));
    assert_eq!(only(&[true, true, true]).map(given), Ok(vec![16, 16, 16]));
    let gap = only(&[false, true, false]).unwrap_err();
    assert!(
        gap.contains("object 1: it has `state`, which samples before it lack"),
        "{gap}"
    );
    let two = only(&[true, true, false]).unwrap_err();
    assert!(
        two.contains("`state`: expected 3 samples, or one for the first of them, or none, got 2"),
        "{two}"
    );

    let bytes = std::fs::read(data().join("feeds_first.npz")).unwrap();
    let first = parse_samples("feeds_first.npz", &bytes, model.inputs()).unwrap();
    assert_eq!(first.inputs.len(), 100);
    assert_eq!(first.inputs[0][1], [0.25; 16]);
    assert!(first.inputs[1..].iter().all(|sample| sample[1].is_empty()));
    let compiled = model.compile(&first.inputs, &at_bits(12)).unwrap();
    assert_eq!(compiled.report.in_sequence, ["state"]);

    // A counter is a column of its own; without the feed it is wanted.
    let counted = model_of_kinds();
    let table = parse_samples("t.csv", b"x\n1\n2\n", counted.inputs()).unwrap();
    assert_eq!(table.inputs, [[vec![], vec![1.0]], [vec![], vec![2.0]]]);
    let all = parse_samples("t.csv", b"x,count\n1,7\n2,8\n", counted.inputs()).unwrap();
    assert_eq!(all.inputs, [[vec![7.0], vec![1.0]], [vec![8.0], vec![2.0]]]);
    let unfed = self::model("kinds", &[]);
    let error = parse_samples("t.csv", b"x\n1\n2\n", unfed.inputs()).unwrap_err();
    assert!(error.to_string().contains("no tensor `count`"), "{error}");
}

fn model_of_kinds() -> FloatModel {
    model("kinds", feeds_of("kinds"))
}

/// What is only moved is the same integer in the next step, however many there are.
#[test]
fn moved_entries_stay_what_they_are() {
    let case = "shifted";
    let shifting = model(case, feeds_of(case));
    let given = samples(case, &shifting, Keep::All);
    for bits in [8, 12] {
        let compiled = shifting.compile(&given, &at_bits(bits)).unwrap();
        let (outputs, inputs) = chain(&compiled, &given);
        for steps in inputs.windows(2) {
            assert_eq!(steps[1][1][..5 * 4], steps[0][1][4..], "{bits} bits");
        }
        let unit = 2f64.powi(-tensor(&compiled.program, "window").1.scale_log2);
        // A window has nothing that errors could add up in: two roundings, and the products' own.
        assert!(
            drift(case, &outputs, "window_next") <= 4.0 * unit,
            "{bits} bits"
        );
    }
    let case = "replaced";
    let replacing = model(case, feeds_of(case));
    let given = samples(case, &replacing, Keep::All);
    let compiled = replacing.compile(&given, &at_bits(8)).unwrap();
    let (_, inputs) = chain(&compiled, &given);
    for steps in inputs.windows(2) {
        for row in 0..8 {
            let (old, new) = (&steps[0][1][3 * row..], &steps[1][1][3 * row..]);
            assert_eq!(old[..3] == new[..3], row % 4 != 2, "row {row}");
        }
    }
}

/// An entry at a position that is an input is replaced, and nothing else.
#[test]
fn what_is_written_at_a_computed_position_is_all_that_changes() {
    for case in ["scatter_elements", "scatter_nd", "tensor_scatter"] {
        let model = model(case, feeds_of(case));
        let given = samples(case, &model, Keep::All);
        let compiled = model.compile(&given, &at_bits(12)).unwrap();
        let (outputs, inputs) = chain(&compiled, &given);
        let unit = 2f64.powi(-tensor(&compiled.program, "cache").1.scale_log2);
        let off = drift(case, &outputs, "cache_next");
        assert!(off <= 4.0 * unit, "{case}: {off}, where a unit is {unit}");
        for (step, steps) in inputs.windows(2).enumerate() {
            let rows = steps[0][2].chunks(4).zip(steps[1][2].chunks(4));
            for (place, (old, new)) in rows.enumerate() {
                assert_eq!(old == new, place != 5 * step % 6, "{case}, step {step}");
            }
        }
    }
}

/// Each token is made of the one before, from a cache that is never calculated anew: the text is onnxruntime's.
#[test]
fn a_text_of_32_tokens_is_onnxruntimes() {
    for case in ["decoder_product", "decoder_where", "decoder_scatter"] {
        let model = model(case, &DECODER);
        let given = samples(case, &model, Keep::First);
        let compiled = model.compile(&given, &at_bits(14)).unwrap();
        let mut fed: Vec<&str> = DECODER.iter().map(|(_, input)| *input).collect();
        fed.sort_unstable();
        let mut computed = compiled.report.in_sequence.clone();
        computed.sort_unstable();
        assert_eq!(computed, fed);
        let (outputs, inputs) = chain(&compiled, &samples(case, &model, Keep::All));
        assert_eq!(drift(case, &outputs, "next_token"), 0.0, "{case}");
        let tokens: Vec<f64> = outputs["next_token"].concat();
        let mut different = tokens.clone();
        different.sort_unstable_by(f64::total_cmp);
        different.dedup();
        assert!(tokens.len() == 32 && different.len() > 8, "{tokens:?}");
        // Of [2, 32, 8] entries the place of the step before is new, and nothing else.
        for (step, inputs) in inputs.windows(2).enumerate() {
            let caches = inputs[0].iter().zip(&inputs[1]).skip(2).take(4);
            for (old, new) in caches {
                let (old, new) = (old.chunks(8), new.chunks(8));
                for (place, (old, new)) in old.zip(new).enumerate() {
                    assert_eq!(old == new, place % 32 != step, "{case}, step {step}");
                }
            }
        }
    }
}

/// A cache is committed to as it leaves, and not a second time for the attention that reads it.
#[test]
fn a_cache_is_committed_once() {
    for case in ["decoder_product", "decoder_where", "decoder_scatter"] {
        let model = model(case, &DECODER);
        let given = samples(case, &model, Keep::All);
        let compiled = model.compile(&given, &at_bits(12)).unwrap();
        let program = &compiled.program;
        let of_cache = program.nodes.iter().filter(|node| {
            let tensor = program.tensor(node.output).unwrap();
            node.op.is_committed() && node.op != Op::Weight && tensor.volume() == 2 * 32 * 8
        });
        let made: Vec<&str> = of_cache.map(|node| node.op.name()).collect();
        let expected = [["input"; 4], ["rescale"; 4]].concat();
        assert_eq!(made, expected, "{case}");
    }
}

/// Party and server agree on every boundary, and rounds of both are onnxruntime's.
#[test]
fn steps_of_training_fit_together() {
    for (kind, updates) in [
        ("logistic", &[("update", "W")][..]),
        ("network", &[("update1", "W1"), ("update2", "W2")]),
    ] {
        let (step, server) = (format!("{kind}_step"), format!("{kind}_server"));
        let party = model(&step, &[]);
        let options = at_bits(16);
        let party = party.compile(&samples(&step, &party, Keep::All), &options);
        let party = party.unwrap();
        let named: Vec<(String, String)> = updates
            .iter()
            .map(|(_, weights)| (format!("{weights}_next"), (*weights).to_owned()))
            .collect();
        let feeds: Vec<(&str, &str)> = named.iter().map(|(o, i)| (&o[..], &i[..])).collect();
        let mut summing = model(&server, &feeds);
        for (update, weights) in updates {
            let like = tensor(&party.program, weights).1;
            summing
                .describe_as(weights, &like, None, "party:W")
                .unwrap();
            let like = tensor(&party.program, update).1;
            for number in 0..3 {
                let name = format!("{weights}_update{number}");
                summing
                    .describe_as(&name, &like, None, "party:update")
                    .unwrap();
            }
        }
        let given = samples(&server, &summing, Keep::All);
        let summing = summing.compile(&given, &options).unwrap();
        for (update, weights) in updates {
            let of_party = |name: &str| described(&tensor(&party.program, name).1);
            let of_server = |name: &str| described(&tensor(&summing.program, name).1);
            assert_eq!(of_server(weights), of_party(weights));
            assert_eq!(of_server(&format!("{weights}_next")), of_party(weights));
            for number in 0..3 {
                let name = format!("{weights}_update{number}");
                assert_eq!(of_server(&name), of_party(update));
            }
        }

        // Rounds in integers alone: what the server makes, the parties read. The weights' range reaches as far as calibration has seen
        // them go in, which the last round's are beyond.
        let party_given = recorded_samples(&step, &party.program);
        let server_given = recorded_samples(&server, &summing.program);
        let mut weights: Option<Vec<Vec<i64>>> = None;
        let mut last = BTreeMap::new();
        for round in 0..11 {
            let mut into_server = quantize_inputs(&summing.program, &server_given[round]);
            for number in 0..3 {
                let mut inputs = quantize_inputs(&party.program, &party_given[3 * round + number]);
                for (place, (_, name)) in updates.iter().enumerate() {
                    let (input, own) = (
                        place_of(&party.program, name),
                        place_of(&summing.program, name),
                    );
                    if let Some(weights) = &weights {
                        inputs[input].clone_from(&weights[place]);
                    }
                    into_server[own].clone_from(&inputs[input]);
                }
                let made = party.weights.run(&inputs).unwrap().outputs(&party.program);
                for ((_, name), update) in updates.iter().zip(made) {
                    let own = place_of(&summing.program, &format!("{name}_update{number}"));
                    into_server[own] = update;
                }
            }
            let made = summing.weights.run(&into_server).unwrap();
            let made = made.outputs(&summing.program);
            let values = dequantize_outputs(&summing.program, &made);
            for ((_, name), values) in updates.iter().zip(values) {
                last.entry(format!("{name}_next"))
                    .or_insert_with(Vec::new)
                    .push(values);
            }
            weights = Some(made);
        }
        for (_, name) in updates {
            let off = drift(&server, &last, &format!("{name}_next"));
            assert!(off < 0.01, "{kind}: {name} is off by {off}");
        }
    }
}

fn place_of(program: &Program, input: &str) -> usize {
    let id = port_of(program, input).unwrap();
    program.inputs.iter().position(|&i| i == id).unwrap()
}

/// The recorded inputs, in a program's order.
fn recorded_samples(case: &str, program: &Program) -> Vec<Sample> {
    let given = recorded(case, "in");
    let names = program
        .inputs
        .iter()
        .map(|&id| &program.tensor(id).unwrap().name);
    let arrays: Vec<&Given> = names.map(|name| &given[name]).collect();
    let steps = arrays[0].shape[0];
    let of_step = |step: usize| {
        let values = arrays.iter().map(|array| {
            let Entries::Numbers(numbers) = &array.entries else {
                panic!("numbers")
            };
            let each = numbers.len() / steps;
            numbers[step * each..(step + 1) * each].to_vec()
        });
        values.collect()
    };
    (0..steps).map(of_step).collect()
}

#[test]
fn what_cannot_be_fed_is_refused_by_name() {
    let mut model = model("decoder_product", &[]);
    let refusal = |result: Result<(), OnnxError>| result.unwrap_err().to_string();
    for (output, input, reason) in [
        (
            "next",
            "token",
            "the model's outputs are `next_token`, `logits`",
        ),
        (
            "next_token",
            "tokens",
            "the model's inputs are `token`, `position`",
        ),
        ("logits", "token", "the shapes [1, 64] and [1]"),
        ("present.0.key", "token", "the shapes [2, 32, 8] and [1]"),
    ] {
        let error = refusal(model.feed(output, input));
        assert!(
            error.contains(&format!("`{output}` cannot feed `{input}`")),
            "{error}"
        );
        assert!(error.contains(reason), "{error}");
    }
    model.feed("present.0.key", "past.0.key").unwrap();
    let twice = refusal(model.feed("present.1.key", "past.0.key"));
    assert!(
        twice.contains("`present.0.key` feeds it already"),
        "{twice}"
    );
}

#[test]
fn real_numbers_do_not_feed_integers() {
    let mut model = model("kinds", &[]);
    let error = model.feed("real", "count").unwrap_err().to_string();
    assert!(
        error.contains("the one holds real numbers, the other integers"),
        "{error}"
    );
    model.feed("count_next", "count").unwrap();
}

#[test]
fn what_cannot_be_as_another_tensor_is_refused_by_name() {
    let mut model = model("logistic_server", &[("W_next", "W")]);
    let like = |shape: &[usize], scale_log2| Tensor {
        name: "W".into(),
        shape: shape.to_vec(),
        low: -8,
        high: 7,
        scale_log2,
    };
    let mut refusal = |name: &str, like: &Tensor| {
        let said = model.describe_as(name, like, None, "party/public:W");
        said.unwrap_err().to_string()
    };
    let shape = refusal("W", &like(&[6], 3));
    assert!(
        shape.contains("`W` cannot be as party/public:W: they have the shapes [6, 1] and [6]"),
        "{shape}"
    );
    let unknown = refusal("V", &like(&[6, 1], 3));
    assert!(unknown.contains("the inputs `W`, `W_update0`"), "{unknown}");
    model
        .describe_as("W", &like(&[6, 1], 3), None, "a")
        .unwrap();
    let other = model.describe_as("W_next", &like(&[6, 1], 4), None, "b");
    let other = other.unwrap_err().to_string();
    assert!(other.contains("it is as another tensor already"), "{other}");
}

/// A missing value has an integer of its own, for which a range that is laid down has no room.
#[test]
fn missing_values_are_not_as_those_of_another_model() {
    let onnx = std::fs::read(data().join("classical/imputer_missing.onnx")).unwrap();
    let mut model = FloatModel::import(&onnx).unwrap();
    let port = model.inputs()[0].clone();
    let like = Tensor {
        name: "x".into(),
        shape: port.shape.clone(),
        low: -8,
        high: 7,
        scale_log2: 0,
    };
    model
        .describe_as(&port.name, &like, None, "other:x")
        .unwrap();
    let entries = port.shape.iter().product();
    let complete = vec![vec![vec![1.0; entries]]; 3];
    let compiled = model.compile(&complete, &at_bits(8)).unwrap();
    assert_eq!(
        described(&tensor(&compiled.program, &port.name).1),
        described(&like)
    );
    let mut missing = complete;
    missing[1][0][0] = f64::NAN;
    let error = model
        .compile(&missing, &at_bits(8))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("some samples have missing values (NaN) there"),
        "{error}"
    );
}

/// A range that is too small for the data is not widened: what lies beyond is moved to its ends and counted.
#[test]
fn what_a_foreign_range_cuts_off_is_counted() {
    let case = "logistic_server";
    let mut model = model(case, &[]);
    let given = samples(case, &model, Keep::All);
    let wide = model.compile(&given, &at_bits(16)).unwrap();
    assert_eq!(wide.report.agreement.saturated, 0);
    let own = tensor(&wide.program, "W_next").1;
    let narrow = Tensor {
        low: own.low / 16,
        high: own.high / 16,
        ..own
    };
    model.describe_as("W_next", &narrow, None, "other").unwrap();
    let compiled = model.compile(&given, &at_bits(16)).unwrap();
    assert_eq!(
        described(&tensor(&compiled.program, "W_next").1),
        described(&narrow)
    );
    assert!(compiled.report.agreement.saturated > 0);
    assert!(!compiled.report.within_tolerance);
}
