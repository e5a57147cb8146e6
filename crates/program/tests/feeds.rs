//! Which outputs are the next run's inputs: what is refused, and what becomes of it in programs made of others.

use inferproof_program::{
    Builder, Feed, Meaning, Program, ProgramError, TensorId, ValidProgram, Weights,
};

/// `x [2], state [2], memory [3] -> next = state and x, mixed; kept = memory; y = next, shown`; outputs `kept, y, next`, of which `next`
/// is the next `state` and `kept` the next `memory`.
fn recurrent() -> Result<(ValidProgram, [TensorId; 6]), ProgramError> {
    with(|_, _| {}, &[(1, 2), (2, 0)])
}

/// The program after a change to the two tensors of its state, with these feeds: input's place, output's place.
fn with(
    change: impl FnOnce(&mut Builder, [TensorId; 2]),
    feeds: &[(usize, usize)],
) -> Result<(ValidProgram, [TensorId; 6]), ProgramError> {
    let mut builder = Builder::new();
    let x = builder.at("Input").input("x", &[2], -8..=7)?;
    let state = builder.input("state", &[2], -8..=7)?;
    let memory = builder.input("memory", &[3], 0..=7)?;
    let terms = [builder.term(3, x, vec![])?, builder.term(2, state, vec![])?];
    let mixed = builder.at("Add").linear(terms.to_vec())?;
    builder.set_scale(mixed, 2);
    let next = builder.at("Scale").rescale(mixed, 2, -8..=7)?;
    builder.rename(next, "next");
    let kept = builder.at("Keep").rescale(memory, 0, 0..=7)?;
    builder.rename(kept, "kept");
    let y = builder.at("Head").rescale(next, 1, -4..=3)?;
    builder.rename(y, "y");
    builder.set_scale(y, 0);
    for id in [kept, y, next] {
        builder.output(id);
    }
    for &(input, output) in feeds {
        builder.feed(Feed { input, output });
    }
    change(&mut builder, [state, next]);
    let program = builder.finish()?;
    Ok((program, [x, state, memory, next, kept, y]))
}

fn refusal(result: Result<(ValidProgram, [TensorId; 6]), ProgramError>) -> String {
    result.expect_err("it is refused").to_string()
}

#[test]
fn what_is_fed_is_described_alike() {
    let (program, [_, state, memory, next, kept, _]) = recurrent().unwrap();
    let fed: Vec<_> = program.feeds.iter().map(|f| program.fed(*f)).collect();
    assert_eq!(fed, [Some((next, state)), Some((kept, memory))]);

    let none = |_: &mut Builder, _: [TensorId; 2]| {};
    let range = refusal(with(none, &[(1, 1)]));
    assert!(
        range.contains("`y` ([2], -4 to 3 times 2^0) feeds `state` ([2], -8 to 7 times 2^0)"),
        "{range}"
    );
    assert!(refusal(with(none, &[(1, 0)])).contains("`kept` ([3], 0 to 7"));
    let scale = refusal(with(|b, [state, _]| b.set_scale(state, 4), &[(1, 2)]));
    assert!(scale.contains("-8 to 7 times 2^-4"), "{scale}");
    for places in [(3, 2), (1, 3), (usize::MAX, 0)] {
        let missing = refusal(with(none, &[places]));
        assert!(
            missing.contains("there are 3 outputs and 3 inputs"),
            "{missing}"
        );
    }
    let twice = refusal(with(none, &[(1, 2), (1, 2)]));
    assert!(twice.contains("one output at most for each"), "{twice}");
    // Both are strings now, and one of them of another kind.
    let strings = |categories: [&'static str; 2]| {
        move |builder: &mut Builder, tensors: [TensorId; 2]| {
            for (tensor, category) in tensors.into_iter().zip(categories) {
                builder.meaning(Meaning {
                    tensor,
                    categories: vec![category.into()],
                    missing: None,
                });
            }
        }
    };
    assert!(with(strings(["a", "a"]), &[(1, 2)]).is_ok());
    let meaning = refusal(with(strings(["a", "b"]), &[(1, 2)]));
    assert!(meaning.contains("stand for other strings"), "{meaning}");
}

#[test]
fn the_order_of_feeds_is_checked_in_what_is_read() {
    let (program, _) = recurrent().unwrap();
    let mut program = program.into_program();
    program.feeds.reverse();
    let error = program.validated().unwrap_err().to_string();
    assert!(error.contains("not in the inputs' order"), "{error}");
}

/// What a feed says is true: a run goes on where the last one ended, whatever stands behind the program or in front of its axes.
#[test]
fn a_batch_and_what_is_built_behind_keep_feeds() {
    let (program, _) = recurrent().unwrap();
    let batch = program.batched(2).unwrap().program;
    assert_eq!(batch.feeds, program.feeds);
    let mut builder = Builder::behind(program.clone());
    let next = program.outputs[2];
    let sign = builder.rescale(next, 3, -1..=0).unwrap();
    builder.output(sign);
    let behind = builder.finish().unwrap();
    assert_eq!(behind.feeds, program.feeds);

    let bound = program.clone().bind(Weights::new()).unwrap();
    let batch = batch.bind(Weights::new()).unwrap();
    let mut single = vec![vec![vec![1, -2], vec![3, 4]]; 2];
    let mut both = vec![vec![1, -2, 1, -2], vec![3, 4, 3, 4], vec![5; 6]];
    for inputs in &mut single {
        inputs.push(vec![5; 3]);
    }
    for _ in 0..3 {
        let all = batch.run(&both).unwrap().outputs(batch.program());
        for inputs in &mut single {
            let outputs = bound.run(inputs).unwrap().outputs(&program);
            for feed in &program.feeds {
                inputs[feed.input].clone_from(&outputs[feed.output]);
            }
        }
        for feed in &batch.program().feeds {
            both[feed.input].clone_from(&all[feed.output]);
        }
        assert_eq!(both[1], [&single[0][1][..], &single[1][1]].concat());
    }
}

#[test]
fn a_slice_keeps_a_feed_that_has_both_its_ends() {
    let (program, [x, state, memory, next, kept, y]) = recurrent().unwrap();
    let feeds = |inputs: &[TensorId], outputs: &[TensorId]| {
        let slice = program.slice(inputs, outputs).unwrap();
        slice.program.feeds.clone()
    };
    let feed = |input, output| Feed { input, output };
    assert_eq!(feeds(&[state, x], &[y, next]), [feed(0, 1)]);
    assert_eq!(feeds(&[memory], &[kept]), [feed(0, 0)]);
    assert_eq!(feeds(&[next], &[y]), []);
    assert_eq!(feeds(&[x, state], &[y]), []);
}

#[test]
fn feeds_are_part_of_the_encoding() {
    let (program, _) = recurrent().unwrap();
    let text = serde_json::to_string(&program).unwrap();
    let mut read: Program = serde_json::from_str(&text).unwrap();
    assert_eq!(read, *program);
    read.feeds.clear();
    assert_ne!(serde_json::to_string(&read).unwrap(), text);
}
