//! Eight residues in five limbs of 51 bits, which doubles hold, for vector instructions that multiply and add doubles and round once.
//!
//! A limb is an integer of at most `2^51` either way. To multiply two, `a b + 3 * 2^102` is rounded to a multiple of `2^51`; what is rounded
//! away, at most `2^50` either way, is had exactly by a second multiplication: `a b` less the multiple, plus `3 * 2^51`. The words that hold
//! the two are, as integers, those of `3 * 2^102` and of `3 * 2^51` plus the two parts of the product, so they are added up as integers, and
//! what they are too much is known beforehand (Emmart, Zheng and Weems, "Faster Modular Exponentiation Using Double Precision Floating Point
//! Arithmetic on the GPU", ARITH 2018).
//!
//! Limbs are balanced: all but the last are in `-2^50..2^50`, so a difference of two is a factor without being carried. Numbers are signed.
//! With a modulus of some `1.51 * 2^253`, `R = 2^255` is `2.64 p`, and:
//! - what is *kept*, see [`lanes`](super), is at most `0.68 p` either way, and memory holds it plus some `0.68 p` (see [`offset`]): an offset
//!   whose lower limbs are `2^50`, so that balancing limbs is to take it away;
//! - a difference of two is below `1.37 p`; the product of `a p` and `b p` is at most `(a b / 2.64 + 0.5) p`: `0.68 p` where both are
//!   kept, and `1.3 p` where one of them is a difference, or a product of such;
//! - sums of two products, of at most `2 p`, and sums and differences, of at most `2.5 p`, are reduced to `0.51 p`, by the multiple of the
//!   modulus that their last limb says;
//! - sums of a hundred products are reduced by `2^306`, and then multiplied by `2^51`.
//!
//! Montgomery's reduction takes away a limb at a time, with a multiple of the modulus, balanced, that ends as the limb does. All but the last
//! two limbs are taken away with multiples of `k p`, which is `-1` modulo `2^51`: the limb itself says which, and nothing has to be multiplied
//! before that is known. Such a multiple is up to `2^51` times as large, which is nothing once it is divided by `R`, but for the last two.

/// An array of what an expression gives for each of some numbers. What it is made in is the array itself: an array that is filled later is
/// copied first, and those here are so large that a function is called for it.
macro_rules! array_of {
    ($index:ident in [$($number:literal)*] => $value:expr) => {
        [$({
            const $index: usize = $number;
            $value
        }),*]
    };
}

#[cfg(target_arch = "x86_64")]
mod avx2;
mod limbs;
#[cfg(target_arch = "aarch64")]
mod neon;
mod reduction;
mod vector;
#[macro_use]
mod words;

use super::{Arithmetic, Form, Number, Packed, WIDTH, modulus};
use crate::curve::Montgomery;
use limbs::{balanced, digits, offset};
use reduction::Reduction;
use vector::Vector;
use words::{PARTS, Words};

/// With AVX2 and FMA, four words at a time.
#[cfg(target_arch = "x86_64")]
pub(crate) type Avx2 = Doubles<avx2::Words>;
/// With NEON, two words at a time.
#[cfg(target_arch = "aarch64")]
pub(crate) type Neon = Doubles<neon::Words>;

/// Bits of a limb.
const LIMB: i32 = 51;
/// Limbs of a number.
const LIMBS: usize = 5;
/// Columns of a product.
const COLUMNS: usize = 2 * LIMBS;
const MASK: u64 = (1 << LIMB) - 1;
/// What makes an integer of a limb that is not negative.
const HALF: u64 = 1 << (LIMB - 1);
/// Limbs that are taken away with multiples of `k p`.
const SHIFTED: usize = LIMBS - 2;

/// An integer of at most `2^51` either way, plus this, is a double whose word is this one's, as an integer, plus the same.
const LOW: f64 = (3u64 << LIMB) as f64;
/// A product of limbs plus this is rounded to a multiple of `2^51`, and its word is this one's, as an integer, plus so many.
const HIGH: f64 = (3u128 << (2 * LIMB)) as f64;
/// A double of which the last bit of the word is one: an integer below `2^52` becomes one by setting its bits.
const WHOLE: f64 = (1u64 << 52) as f64;

/// Columns are raised by this, so that they are not negative when their carries are shifted out.
const RAISED: u64 = 1 << 62;
/// What it is in the next column.
const CARRIED: u64 = RAISED >> LIMB;

/// Eight numbers, limb by limb.
type Limbs<V> = [Words<V>; LIMBS];

/// An array of what an expression gives for each limb.
macro_rules! each_limb {
    ($limb:ident => $value:expr) => {
        array_of!($limb in [0 1 2 3 4] => $value)
    };
}

/// Eight sums of products that are not reduced.
#[derive(Clone, Copy)]
pub(crate) struct Wide<V> {
    /// The columns, with the words of all [`LOW`] and [`HIGH`] in them.
    columns: [Words<V>; COLUMNS],
    products: u64,
}

/// The arithmetic of a field.
pub(crate) struct Doubles<V> {
    low: V,
    high: V,
    /// `HIGH + LOW`.
    high_and_low: V,
    whole: V,
    mask: V,
    /// What is taken from an integer's double for a balanced limb: `WHOLE + 2^50`.
    balance: V,
    /// The same for the limbs of memory's numbers, of which the last is offset by [`offset`]'s.
    of_memory: [V; LIMBS],
    reduction: Reduction<V>,
    /// `2^51`, by which a wide sum is reduced too much.
    of_wide: Limbs<V>,
    /// What comes from memory that is zero.
    empty: Limbs<V>,
    /// The lowest limbs of the modulus, and of minus the modulus.
    lowest: [V; 2],
}

impl<F: Montgomery, V: Vector> Arithmetic<F> for Doubles<V> {
    type Eight = Limbs<V>;
    type Wide = Wide<V>;

    fn form() -> Form<F> {
        let zero = F::from_limbs(offset(modulus::<F>()));
        Form::new(Form::half(), F::from(2u64), zero)
    }

    /// For a modulus between `1.5 * 2^253` and `1.52 * 2^253`: those of both profiles are.
    fn detect() -> Option<Self> {
        let modulus = modulus::<F>();
        let of_wide = <Self as Arithmetic<F>>::form().number(F::from(1u64 << LIMB));
        // SAFETY: the machine has the instructions.
        V::is_available().then(|| unsafe { Self::new(modulus, of_wide) })
    }

    #[inline(always)]
    fn vectorize<T>(&self, work: impl FnOnce() -> T) -> T {
        // SAFETY: there is no value of this type where the machine lacks the instructions. This holds for all that follows here.
        unsafe { V::vectorize(work) }
    }

    #[inline(always)]
    fn splat(&self, number: Number) -> Self::Eight {
        // SAFETY: see `vectorize`.
        let words = number.map(|word| unsafe { Words::splat(word) });
        self.limbs(words)
    }

    #[inline(always)]
    fn gather(&self, numbers: [&Number; WIDTH]) -> Self::Eight {
        // SAFETY: see `vectorize`.
        self.limbs(unsafe { Words::gather(numbers) })
    }

    #[inline(always)]
    fn scatter(&self, eight: &Self::Eight) -> [Number; WIDTH] {
        Words::scatter(self.words(eight))
    }

    #[inline(always)]
    fn load(&self, packed: &Packed) -> Self::Eight {
        self.limbs(words_of(packed))
    }

    #[inline(always)]
    fn store(&self, packed: &mut Packed, eight: &Self::Eight) {
        for (row, words) in packed.0.iter_mut().zip(self.words(eight)) {
            words.store(row);
        }
    }

    #[inline(always)]
    fn unzip(&self, [first, second]: &[Packed; 2]) -> [Self::Eight; 2] {
        let (mut even, mut odd) = (words_of(first), words_of(second));
        for (even, odd) in even.iter_mut().zip(&mut odd) {
            [*even, *odd] = even.unzip(*odd);
        }
        [self.limbs(even), self.limbs(odd)]
    }

    #[inline(always)]
    fn multiply(&self, a: &Self::Eight, b: &Self::Eight) -> Self::Eight {
        self.out_of_line(
            #[inline(always)]
            || self.sums_of([a], [b]),
        )
    }

    #[inline(always)]
    fn sum_of_products(&self, a: [&Self::Eight; 2], b: [&Self::Eight; 2]) -> Self::Eight {
        self.out_of_line(
            #[inline(always)]
            || self.sums_of(a, b),
        )
    }

    #[inline(always)]
    fn subtract(&self, a: &Self::Eight, b: &Self::Eight) -> Self::Eight {
        each_limb!(I => a[I].minus(b[I]))
    }

    #[inline(always)]
    fn add_reduced(&self, a: &Self::Eight, b: &Self::Eight) -> Self::Eight {
        self.out_of_line(
            #[inline(always)]
            || self.reduced(&each_limb!(I => a[I].plus(b[I])), None),
        )
    }

    #[inline(always)]
    fn subtract_reduced(&self, a: &Self::Eight, b: &Self::Eight) -> Self::Eight {
        self.out_of_line(
            #[inline(always)]
            || self.reduced(&each_limb!(I => a[I].minus(b[I])), None),
        )
    }

    #[inline(always)]
    fn subtract_two_reduced(
        &self,
        a: &Self::Eight,
        b: &Self::Eight,
        c: &Self::Eight,
    ) -> Self::Eight {
        self.out_of_line(
            #[inline(always)]
            || self.reduced(&each_limb!(I => a[I].minus(b[I])), Some(c)),
        )
    }

    #[inline(always)]
    fn empty(&self, eight: &Self::Eight) -> u8 {
        let equal = each_limb!(I => eight[I].equals(self.empty[I]));
        equal.into_iter().fold(u8::MAX, |all, equal| all & equal)
    }

    /// What is zero modulo `p` is zero, the modulus or minus it, since products are smaller than two moduli.
    #[inline(always)]
    fn suspects(&self, eight: &Self::Eight) -> u8 {
        // SAFETY: see `vectorize`.
        let zero = unsafe { V::splat(0) };
        let [modulus, negated] = self.lowest;
        [zero, modulus, negated]
            .into_iter()
            .fold(0, |any, limb| any | eight[0].equals(Words::same(limb)))
    }

    fn replaced(&self, eight: &Self::Eight, lanes: u8, with: &Self::Eight) -> Self::Eight {
        each_limb!(I => {
            let (mut words, mut others) = ([0; WIDTH], [0; WIDTH]);
            eight[I].store(&mut words);
            with[I].store(&mut others);
            for (lane, (word, other)) in words.iter_mut().zip(others).enumerate() {
                if lanes >> lane & 1 == 1 {
                    *word = other;
                }
            }
            // SAFETY: see `vectorize`.
            unsafe { Words::load(&words) }
        })
    }

    #[inline(always)]
    fn wide(&self) -> Wide<V> {
        Wide {
            // SAFETY: see `vectorize`.
            columns: [unsafe { Words::splat(0) }; COLUMNS],
            products: 0,
        }
    }

    #[inline(always)]
    fn add_product(&self, sum: &mut Wide<V>, a: &Self::Eight, b: &Self::Eight) {
        sum.products += 1;
        self.out_of_line(
            #[inline(always)]
            || self.add_to_columns(&mut sum.columns, a, b),
        );
    }

    #[inline(always)]
    fn reduce_wide(&self, sum: Wide<V>) -> Self::Eight {
        let reduced = self.out_of_line(
            #[inline(always)]
            || self.reduced_columns(&sum),
        );
        <Self as Arithmetic<F>>::multiply(self, &reduced, &self.of_wide)
    }
}

// A closure that goes through `map` or `from_fn`, which know nothing of the instructions, might be compiled without them: so there are
// none in what follows.

impl<V: Vector> Doubles<V> {
    /// # Safety
    ///
    /// The machine has the instructions.
    unsafe fn new(modulus: Number, of_wide: Number) -> Self {
        let offset = digits(offset(modulus));
        let [lowest, ..] = balanced(digits(modulus));
        // SAFETY: the caller's promise.
        let double = |value: f64| unsafe { V::splat(value.to_bits()) };
        // SAFETY: the caller's promise.
        let words =
            |limbs: [f64; LIMBS]| unsafe { each_limb!(I => Words::splat(limbs[I].to_bits())) };
        let of_memory = |number| {
            let digits = digits(number);
            words(std::array::from_fn(|i| digits[i] as f64 - offset[i] as f64))
        };
        Self {
            low: double(LOW),
            high: double(HIGH),
            high_and_low: double(HIGH + LOW),
            whole: double(WHOLE),
            // SAFETY: the caller's promise.
            mask: unsafe { V::splat(MASK) },
            balance: double(WHOLE + HALF as f64),
            of_memory: offset.map(|limb| double(WHOLE + limb as f64)),
            // SAFETY: the caller's promise.
            reduction: unsafe { Reduction::new(modulus) },
            of_wide: of_memory(of_wide),
            empty: of_memory([0; 4]),
            lowest: [double(lowest), double(-lowest)],
        }
    }

    /// Does what has many instructions, a product a thousand, where there is one copy of it: kernels that had it in line wherever they
    /// use it would be too large for the caches of instructions, and take minutes to compile.
    #[inline(never)]
    fn out_of_line<T>(&self, work: impl FnOnce() -> T) -> T {
        // SAFETY: there is no value of this type where the machine lacks the instructions.
        unsafe { V::vectorize(work) }
    }

    /// The limbs of what memory holds.
    #[inline(always)]
    fn limbs(&self, [a, b, c, d]: [Words<V>; 4]) -> Limbs<V> {
        let digits = [
            a,
            a.shift_right::<51>().or(b.shift_left::<13>()),
            b.shift_right::<38>().or(c.shift_left::<26>()),
            c.shift_right::<25>().or(d.shift_left::<39>()),
            d.shift_right::<12>(),
        ];
        each_limb!(I => {
            let digit = if I < LIMBS - 1 { digits[I].and(Words::same(self.mask)) } else { digits[I] };
            digit.or(Words::same(self.whole)).minus(Words::same(self.of_memory[I]))
        })
    }

    /// What memory holds of numbers that are kept.
    #[inline(always)]
    fn words(&self, limbs: &Limbs<V>) -> [Words<V>; 4] {
        let [a, b, c, d, e] = each_limb!(I => limbs[I].plus(Words::same(self.of_memory[I])));
        // The bits above those of an integer are the exponent's.
        let mask = Words::same(self.mask);
        let [b, c, d] = [b.and(mask), c.and(mask), d.and(mask)];
        [
            a.and(mask).or(b.shift_left::<51>()),
            b.shift_right::<13>().or(c.shift_left::<38>()),
            c.shift_right::<26>().or(d.shift_left::<25>()),
            d.shift_right::<39>().or(e.shift_left::<12>()),
        ]
    }

    /// `a[0] b[0] + a[1] b[1] + ..`, of at most two products, times `2^-255`; the sum of two is reduced.
    #[inline(always)]
    fn sums_of<const N: usize>(&self, a: [&Limbs<V>; N], b: [&Limbs<V>; N]) -> Limbs<V> {
        let begin = &self.reduction.columns[N - 1];
        let [first, second, third, fourth, fifth, sixth, ..] = *begin;
        let mut parts = [[first, second, third, fourth, fifth, sixth]; PARTS];
        // The parts take turns, so that none waits for what it is to be reduced by.
        let _ = each_limb!(ROW => {
            let _ = each_part!(PART => {
                for (a, b) in a.iter().zip(b) {
                    self.add_row(
                        &mut parts[PART],
                        #[inline(always)]
                        |limb| read(a[limb].place(PART)),
                        b[ROW].part(PART),
                    );
                }
            });
            let next = begin[(ROW + LIMBS + 1).min(COLUMNS - 1)];
            let _ = each_part!(PART => {
                self.take_limb::<{ ROW < SHIFTED }>(&mut parts[PART], next);
            });
        });
        let limbs = each_part!(PART => {
            let [a, b, c, d, last, _] = parts[PART];
            let mut columns = [a, b, c, d, last];
            if N > 1 {
                let times = self.moduli_in(last.minus(self.reduction.last));
                columns = self.plus_moduli(&columns, times);
            }
            self.carried(&columns)
        });
        each_limb!(I => Words::of_parts(&limbs, I))
    }

    /// Adds a product, not reduced.
    #[inline(always)]
    fn add_to_columns(&self, columns: &mut [Words<V>; COLUMNS], a: &Limbs<V>, b: &Limbs<V>) {
        let _ = each_part!(PART => {
            let [first, second, third, fourth, fifth, sixth, ..] = &*columns;
            let window = [first, second, third, fourth, fifth, sixth];
            let mut window = array_of!(I in [0 1 2 3 4 5] => window[I].part(PART));
            let _ = each_limb!(ROW => {
                self.add_row(
                    &mut window,
                    #[inline(always)]
                    |limb| read(a[limb].place(PART)),
                    b[ROW].part(PART),
                );
                let [lowest, a, b, c, d, e] = window;
                columns[ROW].set_part(PART, lowest);
                let next = columns[(ROW + LIMBS + 1).min(COLUMNS - 1)].part(PART);
                window = [a, b, c, d, e, next];
            });
            let _ = each_limb!(I => columns[LIMBS + I].set_part(PART, window[I]));
        });
    }

    /// A wide sum times `2^-306`.
    #[inline(always)]
    fn reduced_columns(&self, sum: &Wide<V>) -> Limbs<V> {
        let Reduction {
            of_wide,
            of_product,
            ..
        } = &self.reduction;
        let columns = array_of!(I in [0 1 2 3 4 5 6 7 8 9 10] => {
            let begin = of_wide[I].wrapping_add(of_product[I].wrapping_mul(sum.products));
            // SAFETY: there is no value of this type where the machine lacks the instructions.
            let begin = unsafe { Words::splat(begin) };
            match sum.columns.get(I) {
                Some(column) => begin.add(*column),
                None => begin,
            }
        });
        let limbs = each_part!(PART => {
            let mut window = array_of!(I in [0 1 2 3 4 5] => columns[I].part(PART));
            let _ = array_of!(ROW in [0 1 2 3 4 5] => {
                let next = columns[(ROW + LIMBS + 1).min(COLUMNS)].part(PART);
                self.take_limb::<{ ROW < SHIFTED + 1 }>(&mut window, next);
            });
            let [a, b, c, d, last, _] = window;
            self.carried(&[a, b, c, d, last])
        });
        each_limb!(I => Words::of_parts(&limbs, I))
    }

    /// Sums or differences of limbs, less other limbs, and less the multiple of the modulus that leaves a kept number.
    #[inline(always)]
    fn reduced(&self, sums: &Limbs<V>, less: Option<&Limbs<V>>) -> Limbs<V> {
        let begin = &self.reduction.sums[less.is_some() as usize];
        let limbs = each_part!(PART => {
            let mut last = sums[LIMBS - 1].part(PART);
            if let Some(less) = less {
                last = last.minus(less[LIMBS - 1].part(PART));
            }
            let columns = each_limb!(I => {
                if I < LIMBS - 1 {
                    let mut column = begin[I].add(sums[I].part(PART).plus(self.low));
                    if let Some(less) = less {
                        column = column.add(self.low.minus(less[I].part(PART)));
                    }
                    column
                } else {
                    last.plus(self.reduction.last)
                }
            });
            self.carried(&self.plus_moduli(&columns, self.moduli_in(last)))
        });
        each_limb!(I => Words::of_parts(&limbs, I))
    }

    /// Adds limbs times a limb to columns.
    #[inline(always)]
    fn add_row(&self, columns: &mut [V; LIMBS + 1], limb: impl Fn(usize) -> V, times: V) {
        let _ = each_limb!(I => {
            let limb = limb(I);
            let high = limb.times_plus(times, self.high);
            let low = limb.times_plus(times, self.high_and_low.minus(high));
            columns[I] = columns[I].add(low).in_order();
            columns[I + 1] = columns[I + 1].add(high).in_order();
        });
    }

    /// Adds a multiple of the modulus that makes the lowest column's limb zero, and takes the column away; the next one comes behind the
    /// last.
    #[inline(always)]
    fn take_limb<const OF_SHIFTED: bool>(&self, columns: &mut [V; LIMBS + 1], next: V) {
        let Reduction {
            shifted,
            modulus,
            negated_inverse,
            ..
        } = &self.reduction;
        let limb = self.limb(columns[0]);
        if OF_SHIFTED {
            // The limb, times `k p`, which is `2^51 shifted - 1`.
            let [lowest, a, b, c, d, e] = *columns;
            *columns = [a.add(lowest.shift_right::<LIMB>()), b, c, d, e, next];
            self.add_row(
                columns,
                #[inline(always)]
                |limb| read(&shifted[limb]),
                limb,
            );
        } else {
            let high = limb.times_plus(*negated_inverse, self.high);
            let low = limb.times_plus(*negated_inverse, self.high_and_low.minus(high));
            self.add_row(
                columns,
                #[inline(always)]
                |limb| read(&modulus[limb]),
                low.minus(self.low),
            );
            let [lowest, a, b, c, d, e] = *columns;
            *columns = [a.add(lowest.shift_right::<LIMB>()), b, c, d, e, next];
        }
    }

    /// How many moduli a number with this last limb has, rounded, and negated.
    #[inline(always)]
    fn moduli_in(&self, last: V) -> V {
        self.low
            .minus(last.times_plus(self.reduction.ratio, self.low))
    }

    /// Columns of which all but the last have room for another double's word, plus so many moduli.
    #[inline(always)]
    fn plus_moduli(&self, columns: &[V; LIMBS], times: V) -> [V; LIMBS] {
        let modulus = &self.reduction.modulus;
        each_limb!(I => {
            if I < LIMBS - 1 {
                columns[I].add(times.times_plus(modulus[I], self.low))
            } else {
                times.times_plus(modulus[I], columns[I])
            }
        })
    }

    /// The limbs of columns.
    #[inline(always)]
    fn carried(&self, columns: &[V; LIMBS]) -> [V; LIMBS] {
        let mut sum = columns[0];
        each_limb!(I => {
            if I != 0 {
                sum = columns[I].add(sum.shift_right::<LIMB>());
            }
            if I < LIMBS - 1 { self.limb(sum) } else { sum.minus(self.low) }
        })
    }

    /// The lowest limb of a column, balanced: it has been raised by half of `2^51`.
    #[inline(always)]
    fn limb(&self, column: V) -> V {
        column.and(self.mask).or(self.whole).minus(self.balance)
    }
}

/// Reads what is used soon. What is read where it stands is read once by compilers, and put aside in memory for all uses.
#[inline(always)]
fn read<V: Vector>(place: &V) -> V {
    // SAFETY: a reference may be read from.
    unsafe { std::ptr::from_ref(place).read_volatile() }
}

#[inline(always)]
fn words_of<V: Vector>(packed: &Packed) -> [Words<V>; 4] {
    let [a, b, c, d] = &packed.0;
    // SAFETY: whoever loads words has an arithmetic, of which there is no value where the machine lacks the instructions.
    unsafe {
        [
            Words::load(a),
            Words::load(b),
            Words::load(c),
            Words::load(d),
        ]
    }
}
