//! Bytes as a view: applying it and pulling back through it are adjoint, and cost what was foretold.
#![no_main]

use inferproof_view::{Functional, Step, View, volume};
use libfuzzer_sys::fuzz_target;
use std::ops::{AddAssign, Mul};

/// Integers modulo 2^64: a ring in which nothing overflows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Modular(i64);

impl AddAssign for Modular {
    fn add_assign(&mut self, other: Self) {
        self.0 = self.0.wrapping_add(other.0);
    }
}
impl Mul for Modular {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self(self.0.wrapping_mul(other.0))
    }
}
impl From<i64> for Modular {
    fn from(value: i64) -> Self {
        Self(value)
    }
}

/// Some numbers that differ.
fn numbers(count: usize, salt: u64) -> Vec<Modular> {
    let at = |i: usize| (i as u64 + salt).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7;
    (0..count).map(|i| Modular(at(i) as i64)).collect()
}

/// Whether every array on the way is small.
fn applies_quickly(view: &View) -> bool {
    (0..=view.steps().len()).all(|count| {
        let steps = view.steps()[..count].to_vec();
        let part = View::new(view.source().to_vec(), steps).unwrap();
        let entries: usize = part.target().iter().map(|&n| n.max(1)).product();
        let last = match part.steps().last() {
            Some(Step::SuffixSum { len, .. }) => len.saturating_mul(*len),
            Some(Step::Slice { len, .. } | Step::Insert { len, .. }) => *len,
            Some(Step::Window {
                positions, kernel, ..
            }) => positions * kernel,
            _ => 0,
        };
        entries.saturating_add(last) < 1 << 13
    })
}

fuzz_target!(|data: &[u8]| {
    let Ok(view) = postcard::from_bytes::<View>(data) else {
        return;
    };
    let _ = view.magnitude(1 << 40);
    let groups: Vec<Vec<usize>> = view.target().iter().map(|&n| vec![n]).collect();
    let Some(foretold) = view.foresee(&groups) else {
        panic!("one group an axis fits any view");
    };
    if foretold.work > 1 << 13 || !applies_quickly(&view) {
        return;
    }
    let axes = view
        .target()
        .iter()
        .enumerate()
        .map(|(i, &n)| numbers(n, i as u64))
        .collect();
    let functional = Functional::product(axes);
    let source = numbers(volume(view.source()).unwrap(), 99);
    let target = view.apply(&source).unwrap();
    let pulled = functional.clone().pull_back(&view).unwrap();
    let sizes: Vec<Vec<usize>> = pulled.groups.iter().map(|g| g.sizes.clone()).collect();
    assert_eq!(sizes, foretold.groups);
    assert_eq!(
        functional.evaluate(&target, |v| v),
        pulled.evaluate(&source, |v| v)
    );
});
