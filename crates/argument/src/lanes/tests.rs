//! Every arithmetic gives what the field library does, for numbers of all kinds at their bounds.

use super::{Arithmetic, Library, Number, Packed, WIDTH, modulus};
use crate::curve::Montgomery;
use crate::curve::form::Form;

fn arithmetics_agree<F: Montgomery>() {
    agrees::<F, Library>();
    #[cfg(target_arch = "x86_64")]
    {
        agrees::<F, super::Avx2>();
        agrees::<F, super::Ifma>();
    }
    #[cfg(target_arch = "aarch64")]
    agrees::<F, super::Neon>();
}

#[test]
fn of_both_profiles() {
    arithmetics_agree::<ark_grumpkin::Fr>();
    arithmetics_agree::<ark_grumpkin::Fq>();
}

/// Numbers as memory may hold them: of values near zero and the modulus, with limbs of all ones and zeros, and random ones.
fn numbers<F: Montgomery>(form: &Form<F>) -> Vec<Number> {
    let modulus = modulus::<F>();
    let mut numbers: Vec<Number> = vec![[0, 0, 0, 1], [1, 0, 0, 0], [u64::MAX, 0, u64::MAX, 0]];
    numbers.push([u64::MAX, u64::MAX, u64::MAX, modulus[3] - 1]);
    numbers.push([modulus[0] - 1, modulus[1], modulus[2], modulus[3]]);
    for bit in [
        29, 50, 51, 52, 101, 102, 103, 152, 153, 154, 203, 204, 205, 252,
    ] {
        let mut number = [0; 4];
        number[bit / 64] = 1 << (bit % 64);
        numbers.push(number);
        let ones = std::array::from_fn(|word| match word.cmp(&(bit / 64)) {
            std::cmp::Ordering::Less => u64::MAX,
            std::cmp::Ordering::Equal => (1 << (bit % 64)) - 1,
            std::cmp::Ordering::Greater => 0,
        });
        numbers.push(ones);
    }
    let mut value = F::from(7u64);
    numbers.extend((0..24).map(|_| {
        value = value.square() + F::one();
        form.number(value)
    }));
    numbers.extend([F::zero(), F::one(), -F::one()].map(|value| form.number(value)));
    while !numbers.len().is_multiple_of(WIDTH) {
        numbers.push(form.number(F::from(numbers.len() as u64)));
    }
    numbers
}

fn agrees<F: Montgomery, A: Arithmetic<F>>() {
    let Some(field) = A::detect() else {
        return;
    };
    field.vectorize(|| {
        let form = A::form();
        let numbers = numbers(&form);
        let eights: Vec<[Number; WIDTH]> = numbers.as_chunks().0.to_vec();
        for (i, a) in eights.iter().enumerate() {
            for (j, b) in eights.iter().enumerate() {
                // Numbers meet others in other lanes each time.
                let mut b = *b;
                b.rotate_left((i + j) % WIDTH);
                let c = eights[(i + 2 * j) % eights.len()];
                of_three(&field, &form, [a, &b, &c]);
            }
        }
        sums_of_many(&field, &form, &eights);
        memory(&field, &form, &eights);
    });
}

fn of_three<F: Montgomery, A: Arithmetic<F>>(
    field: &A,
    form: &Form<F>,
    numbers: [&[Number; WIDTH]; 3],
) {
    let [a, b, c] = numbers.map(|numbers| field.gather(numbers.each_ref()));
    let [x, y, z] = numbers.map(|numbers| numbers.map(|number| form.value(number)));
    let zero = field.splat(form.number(F::zero()));
    let kept = |what: &str, eight: &A::Eight, value: &dyn Fn(usize) -> F| {
        for (lane, number) in field.scatter(eight).into_iter().enumerate() {
            assert_eq!(
                form.value(number),
                value(lane),
                "{what}, lane {lane}, of {numbers:?}"
            );
        }
        *eight
    };
    let product = |what: &str, eight: &A::Eight, value: &dyn Fn(usize) -> F| {
        kept(what, &field.add_reduced(&zero, eight), value)
    };
    kept("a", &a, &|i| x[i]);
    kept("a b", &field.multiply(&a, &b), &|i| x[i] * y[i]);
    let (d, e) = (field.subtract(&a, &b), field.subtract(&c, &b));
    let de = field.multiply(&d, &e);
    product("(a - b) (c - b)", &de, &|i| (x[i] - y[i]) * (z[i] - y[i]));
    let slope = field.multiply(&d, &field.multiply(&c, &e));
    let of_slope = |i: usize| (x[i] - y[i]) * z[i] * (z[i] - y[i]);
    product("(a - b) c (c - b)", &slope, &of_slope);
    let square = field.multiply(&slope, &slope);
    let of_square = |i: usize| of_slope(i).square();
    let rest = kept(
        "square - a - b",
        &field.subtract_two_reduced(&square, &a, &b),
        &|i| of_square(i) - x[i] - y[i],
    );
    let chord = field.multiply(&slope, &field.subtract(&a, &rest));
    kept("chord", &field.subtract_reduced(&chord, &c), &|i| {
        of_slope(i) * (x[i] + x[i] + y[i] - of_square(i)) - z[i]
    });
    let line = field.add_reduced(&a, &field.multiply(&c, &field.subtract(&b, &a)));
    kept("line", &line, &|i| x[i] + z[i] * (y[i] - x[i]));
    kept(
        "a b + c a",
        &field.sum_of_products([&a, &c], [&b, &a]),
        &|i| x[i] * y[i] + z[i] * x[i],
    );
    let sum = field.sum_of_products([&d, &e], [&e, &d]);
    kept("d e + e d", &sum, &|i| {
        ((x[i] - y[i]) * (z[i] - y[i])).double()
    });
    let sum = field.subtract(&sum, &c);
    product("(d e + e d - c) a", &field.multiply(&sum, &a), &|i| {
        (((x[i] - y[i]) * (z[i] - y[i])).double() - z[i]) * x[i]
    });

    // Lanes of zero differences are found, and no other is replaced.
    let same = field.subtract(&a, &a);
    let zeros_found = |factor: &A::Eight, value: &dyn Fn(usize) -> F| {
        let suspects = field.suspects(&field.multiply(factor, &same));
        for lane in (0..WIDTH).filter(|&lane| !value(lane).is_zero()) {
            assert_eq!(suspects >> lane & 1, 1, "lane {lane}, of {numbers:?}");
        }
    };
    zeros_found(&b, &|i| y[i]);
    zeros_found(&slope, &of_slope);
    zeros_found(&square, &of_square);
    let replaced = field.replaced(&d, 0b0101_0010, &c);
    product("replaced", &field.multiply(&replaced, &b), &|i| match i {
        1 | 4 | 6 => z[i] * y[i],
        _ => (x[i] - y[i]) * y[i],
    });
}

/// The running products of additions, and the sums of the tree.
fn sums_of_many<F: Montgomery, A: Arithmetic<F>>(
    field: &A,
    form: &Form<F>,
    eights: &[[Number; WIDTH]],
) {
    let zero = field.splat(form.number(F::zero()));
    let weight = &eights[2];
    let (mut chain, mut expected) = (field.splat(form.number(F::one())), [F::one(); WIDTH]);
    let (mut sum, mut sums) = (field.wide(), [F::zero(); WIDTH]);
    for (count, [a, b]) in (0..100).zip(eights.windows(2).cycle().map(|w| [&w[0], &w[1]])) {
        let [x, y, w] = [a, b, weight].map(|n| field.gather(n.each_ref()));
        let d = field.subtract(&x, &y);
        field.add_product(&mut sum, &d, &w);
        let differences: [F; WIDTH] =
            std::array::from_fn(|lane| form.value(a[lane]) - form.value(b[lane]));
        for lane in 0..WIDTH {
            sums[lane] += differences[lane] * form.value(weight[lane]);
        }
        if differences.iter().all(|d| !d.is_zero()) {
            chain = field.multiply(&chain, &d);
            for (expected, d) in expected.iter_mut().zip(differences) {
                *expected *= d;
            }
        }
        if [0, 31, 99].contains(&count) {
            let reduced = field.add_reduced(&zero, &field.reduce_wide(sum));
            assert_eq!(
                field.scatter(&reduced).map(|n| form.value(n)),
                sums,
                "{count} products"
            );
        }
    }
    let chain = field.add_reduced(&zero, &chain);
    assert_eq!(field.scatter(&chain).map(|n| form.value(n)), expected);
}

/// What is stored is loaded again, and sixteen numbers are taken apart.
fn memory<F: Montgomery, A: Arithmetic<F>>(field: &A, form: &Form<F>, eights: &[[Number; WIDTH]]) {
    let mut packed = [Packed::splat([0; 4]); 2];
    assert_eq!(field.empty(&field.load(&packed[0])), u8::MAX);
    for (half, numbers) in packed.iter_mut().zip(eights) {
        field.store(half, &field.gather(numbers.each_ref()));
    }
    let [even, odd] = field.unzip(&packed).map(|eight| field.scatter(&eight));
    let expected = |lane: usize| form.value(eights[lane / WIDTH][lane % WIDTH]);
    for lane in 0..WIDTH {
        assert_eq!(form.value(even[lane]), expected(2 * lane));
        assert_eq!(form.value(odd[lane]), expected(2 * lane + 1));
    }
    let mut lanes = eights[3];
    lanes[5] = [0; 4];
    assert_eq!(field.empty(&field.gather(lanes.each_ref())), 1 << 5);
    // The number of minus a value.
    let number = form.number(F::from(5u64));
    let negated = F::from_limbs(form.twice_zero()) - F::from_limbs(number);
    assert_eq!(form.value(negated.limbs()), -F::from(5u64));
}
