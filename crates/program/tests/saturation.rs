//! What a run cuts off, against values worked out by hand.

use inferproof_program::{
    Contract, Integers, Limit, Map, Node, Op, Program, ProgramError, Rescale, Saturation, Table,
    Tensor, TensorId,
};
use std::collections::BTreeMap;

/// `x` in -100 to 100, doubled by a contraction with 2; rescaled by 4 to -8 to 7, looked up in a table of squares that ends at 36.
fn program(limits: Vec<Limit>) -> Program {
    let tensor = |name: &str, low, high| Tensor {
        name: name.into(),
        shape: vec![4],
        low,
        high,
        scale_log2: 1,
    };
    let node = |output, op| Node {
        origin: "node (Op)".into(),
        output: TensorId(output),
        op,
    };
    let mut two = tensor("two", -2, 2);
    two.shape = vec![];
    Program {
        tensors: vec![
            tensor("x", -100, 100),
            two,
            tensor("doubled", -200, 200),
            tensor("y", -8, 7),
            tensor("squares", 0, 36),
        ],
        nodes: vec![
            node(0, Op::Input),
            node(1, Op::Weight),
            node(
                2,
                Op::Contract(Contract {
                    left: TensorId(0),
                    right: TensorId(1),
                    shared: 0,
                    left_free: 1,
                    right_free: 0,
                    contracted: 0,
                }),
            ),
            node(
                3,
                Op::Rescale(Rescale {
                    source: TensorId(2),
                    shift: 2,
                }),
            ),
            node(
                4,
                Op::Map(Map {
                    source: TensorId(3),
                    table: inferproof_program::TableId(0),
                }),
            ),
        ],
        tables: vec![Table {
            low: -8,
            values: (-8..=7).map(|x: i64| (x * x).min(36)).collect(),
        }],
        inputs: vec![TensorId(0)],
        outputs: vec![TensorId(4)],
        meanings: vec![],
        feeds: vec![],
        limits,
    }
}

fn saturations(limits: Vec<Limit>, x: [i64; 4]) -> Vec<Saturation> {
    let program = program(limits).validated().unwrap();
    let weights = BTreeMap::from([(TensorId(1), Integers::I8(vec![2].into()))]);
    let weights = program.bind(weights).unwrap();
    let trace = weights.run(&[x.to_vec()]).unwrap();
    trace.saturations(&program)
}

#[test]
fn a_rescale_may_be_left_by_one_unit() {
    // 2x / 4, halves up: 8 is one unit beyond, 9 two; -9 is one, -10 two.
    assert_eq!(saturations(vec![], [16, 15, -18, 0]), []);
    let found = saturations(vec![], [18, 17, -21, 30]);
    let expected = Saturation {
        tensor: TensorId(3),
        entries: 4,
        of: 4,
        low: -8,
        high: 7,
        farthest: 15,
        scale_log2: 1,
    };
    assert_eq!(found, [expected]);
}

#[test]
fn what_the_model_cuts_off_itself_is_no_loss() {
    let clipped = Limit {
        tensor: TensorId(3),
        low: i64::MIN,
        high: 8,
    };
    assert_eq!(saturations(vec![clipped], [-100, -50, 0, 16]), []);
    let found = saturations(vec![clipped], [-100, -50, 0, 18]);
    assert_eq!((found[0].entries, found[0].farthest), (1, 9));
    assert_eq!((found[0].low, found[0].high), (i64::MIN, 7));
    assert_eq!(saturations(vec![Limit::none(TensorId(3))], [100; 4]), []);
}

#[test]
fn a_table_is_cut_off_by_its_argument() {
    let limits = vec![Limit {
        tensor: TensorId(4),
        low: -6,
        high: 6,
    }];
    // Arguments 3, 6, 7 and -8: two of them are beyond.
    let found = saturations(limits, [6, 12, 14, -16]);
    let expected = Saturation {
        tensor: TensorId(4),
        entries: 2,
        of: 4,
        low: -6,
        high: 6,
        farthest: -8,
        scale_log2: 1,
    };
    assert_eq!(found, [expected]);
}

#[test]
fn limits_are_checked() {
    let at = |id| Limit::none(TensorId(id));
    let empty = Limit {
        tensor: TensorId(3),
        low: 1,
        high: 0,
    };
    for wrong in [
        vec![at(0)],
        vec![at(9)],
        vec![at(4), at(3)],
        vec![at(3), at(3)],
        vec![empty],
    ] {
        let error = program(wrong.clone()).validated();
        assert!(
            matches!(error, Err(ProgramError::Interface { list: "limits", .. })),
            "{wrong:?}: {error:?}"
        );
    }
    assert!(program(vec![at(3), at(4)]).validated().is_ok());
}
