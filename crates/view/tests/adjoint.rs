//! The functional pulled back through a view has on the source the value that the original has on the target.

use inferproof_view::{Functional, Step, View};
use proptest::prelude::*;

fn shape() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1usize..5, 1..4)
}

/// A random step that fits the shape.
fn step(shape: Vec<usize>) -> impl Strategy<Value = Step> {
    (0..shape.len(), 0u8..9, any::<u64>()).prop_map(move |(axis, kind, seed)| {
        let source = shape[axis];
        let pick = |k: u64, n: usize| ((seed >> (8 * k)) % n as u64) as usize;
        match kind {
            0 => {
                let mut permutation: Vec<usize> = (0..shape.len()).collect();
                permutation.rotate_left(pick(0, shape.len()));
                if shape.len() > 2 && pick(1, 2) == 0 {
                    permutation.swap(0, 1);
                }
                Step::Permute(permutation)
            }
            1 => Step::Slice {
                axis,
                source,
                start: pick(0, 6) as i64 - 2,
                step: [1, 2, -1][pick(1, 3)],
                len: pick(2, 5) + 1,
            },
            2 => Step::Gather {
                axis,
                source,
                index: (0..4)
                    .map(|k| (pick(k, 4) != 0).then(|| pick(k + 1, source) as u32))
                    .collect(),
            },
            3 => Step::Window {
                axis,
                source,
                positions: pick(0, 3) + 1,
                kernel: pick(1, 3) + 1,
                stride: pick(2, 2) + 1,
                dilation: pick(3, 2) + 1,
                pad: pick(4, 3),
            },
            4 => Step::Insert {
                axis,
                len: pick(0, 3) + 1,
            },
            5 => Step::Reduce {
                axis,
                source,
                weights: (pick(0, 2) == 0).then(|| (0..source as i64).map(|i| i - 1).collect()),
            },
            6 => Step::Split {
                axis,
                sizes: vec![source, 1],
            },
            7 => {
                let end = (axis + 2).min(shape.len());
                Step::Merge {
                    axis,
                    sizes: shape[axis..end].to_vec(),
                }
            }
            _ => Step::SuffixSum { axis, len: source },
        }
    })
}

fn view() -> impl Strategy<Value = View> {
    let start = shape().prop_map(|s| View::identity(s).unwrap());
    (start, 0usize..6).prop_flat_map(|(view, steps)| {
        let mut strategy = Just(view).boxed();
        for _ in 0..steps {
            strategy = strategy
                .prop_flat_map(|view| {
                    if view.target().is_empty() {
                        return Just(view).boxed();
                    }
                    step(view.target().to_vec())
                        .prop_map(move |s| view.clone().then(s).unwrap())
                        .boxed()
                })
                .boxed();
        }
        strategy
    })
}

proptest! {
    #[test]
    fn pull_back_is_the_adjoint(view in view(), seed in any::<u64>()) {
        let mut state = seed | 1;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::from((state >> 60) as i32) - 8
        };
        let source: Vec<i64> = (0..view.source().iter().product()).map(|_| next()).collect();
        let weights: Vec<Vec<i64>> = view.target().iter().map(|&n| (0..n).map(|_| next()).collect()).collect();
        let target = view.apply(&source).unwrap();
        let on_target = Functional::product(weights);
        let on_source = on_target.clone().pull_back(&view).unwrap();
        prop_assert_eq!(on_source.shape(), view.source());
        prop_assert_eq!(on_target.evaluate(&target, |v| v), on_source.evaluate(&source, |v| v));
        let bound = view.magnitude(8);
        prop_assert!(target.iter().all(|&v| i128::from(v).abs() <= bound.max(8)));
    }
}

proptest! {
    #[test]
    fn what_reads_nothing_is_zero((shape, step) in shape().prop_flat_map(|s| (Just(s.clone()), step(s)))) {
        let sums = matches!(step, Step::Reduce { .. });
        let leaves_zeros = step.leaves_zeros();
        let view = View::identity(shape).unwrap().then(step).unwrap();
        let ones = vec![1i64; view.source().iter().product()];
        let has_zeros = view.apply(&ones).unwrap().contains(&0);
        prop_assert_eq!(leaves_zeros, has_zeros && !sums);
    }
}

#[test]
fn a_step_that_does_not_fit_is_refused() {
    let view = View::identity(vec![2, 3]).unwrap();
    for step in [
        Step::Permute(vec![0, 0]),
        Step::Permute(vec![0]),
        Step::Split {
            axis: 1,
            sizes: vec![2, 2],
        },
        Step::Merge {
            axis: 1,
            sizes: vec![3, 1],
        },
        Step::Gather {
            axis: 0,
            source: 2,
            index: vec![Some(2)],
        },
        Step::Slice {
            axis: 2,
            source: 1,
            start: 0,
            step: 1,
            len: 1,
        },
        Step::Reduce {
            axis: 0,
            source: 2,
            weights: Some(vec![1]),
        },
        Step::Insert { axis: 3, len: 1 },
        Step::Insert {
            axis: 0,
            len: usize::MAX / 2,
        },
    ] {
        assert!(view.clone().then(step.clone()).is_err(), "{step:?}");
    }
}

#[test]
fn window_and_its_padding() {
    let window = Step::Window {
        axis: 0,
        source: 3,
        positions: 3,
        kernel: 3,
        stride: 1,
        dilation: 1,
        pad: 1,
    };
    let view = View::new(vec![3], vec![window]).unwrap();
    assert_eq!(
        view.apply(&[1i64, 2, 3]).unwrap(),
        [0, 1, 2, 1, 2, 3, 2, 3, 0]
    );
}

#[test]
fn a_view_read_from_outside_is_checked() {
    let view = View::new(
        vec![2, 3],
        vec![Step::Merge {
            axis: 0,
            sizes: vec![2, 3],
        }],
    )
    .unwrap();
    let text = serde_json::to_string(&view).unwrap();
    assert_eq!(serde_json::from_str::<View>(&text).unwrap(), view);
    assert!(serde_json::from_str::<View>(&text.replace("[2,3]", "[2,4]")).is_ok());
    assert!(serde_json::from_str::<View>(&text.replacen("[2,3]", "[2,4]", 1)).is_err());
}
