//! Eight residues in nine limbs of 29 bits, `R = 2^261`, for vector instructions that multiply 32 bits by 32.
//!
//! Limbs are in words of 64 bits. Those of operands of products are below `2^29`, so a column of a product has nine summands below
//! `2^58`, and one of the sum of two products with its reduction 27 of them and carries, below `2^63`. Where limbs might become negative a
//! multiple of the modulus is added whose lower limbs are large.
//!
//! Montgomery's reduction takes away a limb at a time, with a multiple of the modulus that ends as the limb does. All but the last two
//! limbs are taken away with multiples of `p' = k p`, `k < 2^29`, which is `-1` modulo `2^29`: the limb itself says which, and nothing has
//! to be multiplied before that is known. Seven of them add up to less than `2^{7 * 29} p' < 2^486`, which is `2^225` once it is divided by `R`.
//! The last two would leave more than the bounds of [`lanes`](super) allow, and are taken away with multiples of `p`.

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
#[cfg(target_arch = "aarch64")]
mod neon;
mod words;

use super::{Arithmetic, Number, Packed, WIDTH, modulus, negated_inverse, scale};
use crate::curve::Montgomery;
use words::{PARTS, Words};

/// With AVX2, four words at a time.
#[cfg(target_arch = "x86_64")]
pub(crate) type Avx2 = Limbs29<avx2::Words>;
/// With NEON, two words at a time.
#[cfg(target_arch = "aarch64")]
pub(crate) type Neon = Limbs29<neon::Words>;

/// Bits of a limb.
const LIMB: i32 = 29;
/// Limbs of a number.
const LIMBS: usize = 9;
const MASK: u64 = (1 << LIMB) - 1;
/// Products that a sum of them takes before it is carried: a column gets less than `9 * 2^58` of each, and has room for seven.
const PRODUCTS: u32 = 6;

/// Words of 64 bits in one register. There is no value of it where the machine lacks the instructions.
pub(crate) trait Vector: Copy + Send + Sync {
    /// Whether the machine has the instructions.
    fn is_available() -> bool;

    /// Does the work with the instructions.
    ///
    /// # Safety
    ///
    /// The machine has them. So it is for all that makes a vector.
    unsafe fn vectorize<T>(work: impl FnOnce() -> T) -> T;

    /// # Safety
    ///
    /// As of [`Self::vectorize`].
    unsafe fn splat(word: u64) -> Self;

    /// The words behind a place.
    ///
    /// # Safety
    ///
    /// As of [`Self::vectorize`]; and there are as many words as a vector has.
    unsafe fn load(words: *const u64) -> Self;

    /// # Safety
    ///
    /// There is room for as many words as a vector has.
    unsafe fn store(self, words: *mut u64);

    /// The words of as many numbers as a vector has words: the lowest of all, and so on.
    ///
    /// # Safety
    ///
    /// As of [`Self::vectorize`]; and there are as many numbers as a vector has words.
    unsafe fn gather(numbers: &[&Number]) -> [Self; 4];

    /// The numbers whose words these are.
    ///
    /// # Safety
    ///
    /// There is room for as many numbers as a vector has words.
    unsafe fn scatter(words: [Self; 4], numbers: &mut [Number]);

    /// The words at even places of both, and those at odd ones.
    fn unzip(self, next: Self) -> [Self; 2];

    fn add(self, other: Self) -> Self;

    fn subtract(self, other: Self) -> Self;

    /// The products of the low 32 bits.
    fn multiply(self, other: Self) -> Self;

    /// A bit for each word, the first of which is the lowest: whether they are the same.
    fn equals(self, other: Self) -> u8;

    fn and(self, other: Self) -> Self;

    fn or(self, other: Self) -> Self;

    fn shift_left<const BITS: i32>(self) -> Self;

    fn shift_right<const BITS: i32>(self) -> Self;
}

/// Eight numbers, limb by limb.
type Limbs<V> = [Words<V>; LIMBS];

/// An array of what an expression gives for each limb.
macro_rules! each_limb {
    ($limb:ident => $value:expr) => {
        array_of!($limb in [0 1 2 3 4 5 6 7 8] => $value)
    };
}

/// Eight sums of products.
#[derive(Clone, Copy)]
pub(crate) struct Wide<V> {
    /// The columns; the last takes carries.
    columns: [Words<V>; 2 * LIMBS],
    /// How many products were added since columns were carried.
    products: u32,
}

/// The arithmetic of a field.
pub(crate) struct Limbs29<V> {
    modulus: Limbs<V>,
    /// Twice the modulus, its lower limbs in `2^30..2^31`.
    two_moduli: Limbs<V>,
    /// Four times the modulus, its lower limbs in `2^31..2^32`.
    four_moduli: Limbs<V>,
    /// Zero, its lower limbs in `2^32 - 8..=2^32`.
    zero: Limbs<V>,
    mask: Words<V>,
    reduction: Reduction<V>,
}

/// What the reduction of products adds multiples of, in every word.
struct Reduction<V> {
    /// `(k p + 1) / 2^29`, for the `k < 2^29` that makes it whole.
    shifted: [V; LIMBS],
    modulus: [V; LIMBS],
    /// `k`, which is `-1 / p mod 2^29`.
    negated_inverse: V,
    mask: V,
    zero: V,
}

/// Limbs that are taken away with multiples of `k p`.
const SHIFTED: usize = LIMBS - 2;

impl<F: Montgomery, V: Vector> Arithmetic<F> for Limbs29<V> {
    type Eight = Limbs<V>;
    type Wide = Wide<V>;

    const EXTRA_BITS: u32 = 5;

    /// For a modulus between `1.5 * 2^253` and `1.52 * 2^253`: those of both profiles are.
    fn detect() -> Option<Self> {
        let modulus = modulus::<F>();
        // SAFETY: the machine has the instructions.
        V::is_available().then(|| unsafe {
            let words = |limbs: [u64; LIMBS]| limbs.map(|limb| Words::splat(limb));
            Self {
                modulus: words(limbs(modulus)),
                two_moduli: words(raised(scale(modulus, 2), 30)),
                four_moduli: words(raised(scale(modulus, 4), 31)),
                zero: words(raised([0; 4], 32)),
                mask: Words::splat(MASK),
                reduction: Reduction::new(modulus),
            }
        })
    }

    #[inline(always)]
    fn vectorize<T>(&self, work: impl FnOnce() -> T) -> T {
        // SAFETY: there is no value of this type where the machine lacks the instructions. This holds for all that follows here.
        unsafe { V::vectorize(work) }
    }

    #[inline(always)]
    fn splat(&self, number: Number) -> Self::Eight {
        let number = limbs(number);
        // SAFETY: see `vectorize`.
        each_limb!(I => unsafe { Words::splat(number[I]) })
    }

    #[inline(always)]
    fn gather(&self, numbers: [&Number; WIDTH]) -> Self::Eight {
        // SAFETY: see `vectorize`.
        self.limbs(unsafe { Words::gather(numbers) })
    }

    #[inline(always)]
    fn scatter(&self, eight: &Self::Eight) -> [Number; WIDTH] {
        Words::scatter(words(eight))
    }

    #[inline(always)]
    fn load(&self, packed: &Packed) -> Self::Eight {
        self.limbs(self.words_of(packed))
    }

    #[inline(always)]
    fn store(&self, packed: &mut Packed, eight: &Self::Eight) {
        for (row, words) in packed.0.iter_mut().zip(words(eight)) {
            words.store(row);
        }
    }

    #[inline(always)]
    fn unzip(&self, [first, second]: &[Packed; 2]) -> [Self::Eight; 2] {
        let (mut even, mut odd) = (self.words_of(first), self.words_of(second));
        for (even, odd) in even.iter_mut().zip(&mut odd) {
            [*even, *odd] = even.unzip(*odd);
        }
        [self.limbs(even), self.limbs(odd)]
    }

    #[inline(always)]
    fn add(&self, a: &Self::Eight, b: &Self::Eight) -> Self::Eight {
        each_limb!(I => a[I].add(b[I]))
    }

    #[inline(always)]
    fn carry(&self, sum: &Self::Eight) -> Self::Eight {
        self.carried(sum)
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
        self.out_of_line(
            #[inline(always)]
            || self.carried(&each_limb!(I => a[I].add(self.two_moduli[I]).subtract(b[I]))),
        )
    }

    #[inline(always)]
    fn add_reduced(&self, a: &Self::Eight, b: &Self::Eight) -> Self::Eight {
        self.out_of_line(
            #[inline(always)]
            || self.reduced(&each_limb!(I => a[I].add(b[I]))),
        )
    }

    #[inline(always)]
    fn subtract_reduced(&self, a: &Self::Eight, b: &Self::Eight) -> Self::Eight {
        self.out_of_line(
            #[inline(always)]
            || self.reduced(&each_limb!(I => a[I].add(self.two_moduli[I]).subtract(b[I]))),
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
            || {
                self.reduced(&each_limb!(I => {
                    a[I].add(self.four_moduli[I]).subtract(b[I]).subtract(c[I])
                }))
            },
        )
    }

    #[inline(always)]
    fn zeros(&self, eight: &Self::Eight) -> u8 {
        let mut any = eight[0];
        for &limb in &eight[1..] {
            any = any.or(limb);
        }
        // SAFETY: see `vectorize`.
        any.equals(unsafe { Words::splat(0) })
    }

    #[inline(always)]
    fn suspects(&self, eight: &Self::Eight) -> u8 {
        eight[0].equals(self.modulus[0])
    }

    #[inline(always)]
    fn wide(&self) -> Wide<V> {
        Wide {
            // SAFETY: see `vectorize`.
            columns: [unsafe { Words::splat(0) }; 2 * LIMBS],
            products: 0,
        }
    }

    #[inline(always)]
    fn add_product(&self, sum: &mut Wide<V>, a: &Self::Eight, b: &Self::Eight) {
        if sum.products == PRODUCTS {
            self.carry_columns(&mut sum.columns);
            sum.products = 0;
        }
        sum.products += 1;
        self.out_of_line(
            #[inline(always)]
            || self.add_to_columns(&mut sum.columns, a, b),
        );
    }

    #[inline(always)]
    fn reduce_wide(&self, mut sum: Wide<V>) -> Self::Eight {
        self.out_of_line(
            #[inline(always)]
            || {
                // Reduction adds nine summands to a column, so there has to be room.
                self.carry_columns(&mut sum.columns);
                self.reduced_columns(&sum.columns)
            },
        )
    }
}

// A closure that goes through `map` or `from_fn`, which know nothing of the instructions, might be compiled without them: so there are
// none in what follows.

impl<V: Vector> Limbs29<V> {
    #[inline(always)]
    fn words_of(&self, packed: &Packed) -> [Words<V>; 4] {
        let [a, b, c, d] = &packed.0;
        // SAFETY: there is no value of this type where the machine lacks the instructions.
        unsafe {
            [
                Words::load(a),
                Words::load(b),
                Words::load(c),
                Words::load(d),
            ]
        }
    }

    /// In limbs of 29 bits, from words of 64.
    #[inline(always)]
    fn limbs(&self, [a, b, c, d]: [Words<V>; 4]) -> Limbs<V> {
        let words = [
            a,
            a.shift_right::<29>(),
            a.shift_right::<58>().or(b.shift_left::<6>()),
            b.shift_right::<23>(),
            b.shift_right::<52>().or(c.shift_left::<12>()),
            c.shift_right::<17>(),
            c.shift_right::<46>().or(d.shift_left::<18>()),
            d.shift_right::<11>(),
            d.shift_right::<40>(),
        ];
        each_limb!(I => if I < LIMBS - 1 { words[I].and(self.mask) } else { words[I] })
    }

    /// The same numbers, their lower limbs below `2^29`, from limbs below `2^63`; the last may be negative before carries come.
    #[inline(always)]
    fn carried(&self, limbs: &Limbs<V>) -> Limbs<V> {
        let mut sum = limbs[0];
        each_limb!(I => {
            if I != 0 {
                sum = limbs[I].add(sum.shift_right::<LIMB>());
            }
            if I < LIMBS - 1 { sum.and(self.mask) } else { sum }
        })
    }

    /// Numbers below `2^256`, less a multiple of the modulus that leaves them below `p + 2^253`.
    #[inline(always)]
    fn reduced(&self, limbs: &Limbs<V>) -> Limbs<V> {
        let limbs = self.carried(limbs);
        // floor(5 k / 8) p <= k 2^253, and less than a modulus below it: p is in 1.5..1.52 times 2^253.
        let eighths = limbs[LIMBS - 1].shift_right::<{ 253 - 8 * LIMB }>();
        let times = eighths.add(eighths.shift_left::<2>()).shift_right::<3>();
        let rest = each_limb!(I => {
            limbs[I].add(self.zero[I]).subtract(times.multiply(self.modulus[I]))
        });
        self.carried(&rest)
    }

    /// Does what has many instructions, a product a thousand, where there is one copy of it: kernels that had it in line wherever they
    /// use it would be too large for the caches of instructions, and take minutes to compile.
    #[inline(never)]
    fn out_of_line<T>(&self, work: impl FnOnce() -> T) -> T {
        // SAFETY: there is no value of this type where the machine lacks the instructions.
        unsafe { V::vectorize(work) }
    }

    /// `a[0] b[0] + a[1] b[1] + ..`, of at most two products, times `2^-261`.
    #[inline(always)]
    fn sums_of<const N: usize>(&self, a: [&Limbs<V>; N], b: [&Limbs<V>; N]) -> Limbs<V> {
        let mut parts = [[self.reduction.zero; LIMBS]; PARTS];
        // One part after the other: the columns of one are as much as registers hold.
        for (i, limbs) in parts.iter_mut().enumerate() {
            let mut columns = *limbs;
            let _ = each_limb!(I => {
                for (a, b) in a.iter().zip(b) {
                    let b = b[I].part(i);
                    for (column, a) in columns.iter_mut().zip(*a) {
                        *column = column.add(a.part(i).multiply(b));
                    }
                }
                columns = self.reduction.without_lowest::<{ I < SHIFTED }>(&columns);
            });
            let mut sum = columns[0];
            *limbs = each_limb!(I => {
                if I != 0 {
                    sum = columns[I].add(sum.shift_right::<LIMB>());
                }
                if I < LIMBS - 1 { sum.and(self.reduction.mask) } else { sum }
            });
        }
        each_limb!(I => Words::of_parts(&parts, I))
    }

    /// Adds a product, not reduced.
    #[inline(always)]
    fn add_to_columns(&self, columns: &mut [Words<V>; 2 * LIMBS], a: &Limbs<V>, b: &Limbs<V>) {
        for part in 0..PARTS {
            let mut sums = [self.reduction.zero; LIMBS];
            let _ = each_limb!(I => {
                let b = b[I].part(part);
                for (sum, a) in sums.iter_mut().zip(a) {
                    *sum = sum.add(a.part(part).multiply(b));
                }
                // The lowest column is complete.
                let lowest = columns[I].part(part).add(sums[0]);
                columns[I].set_part(part, lowest);
                sums.rotate_left(1);
                sums[LIMBS - 1] = self.reduction.zero;
            });
            let _ = each_limb!(I => {
                let sum = columns[LIMBS + I].part(part).add(sums[I]);
                columns[LIMBS + I].set_part(part, sum);
            });
        }
    }

    /// Columns below `2^29` but for the last, from columns below `2^64`.
    #[inline(always)]
    fn carry_columns(&self, columns: &mut [Words<V>; 2 * LIMBS]) {
        for i in 0..2 * LIMBS - 1 {
            let carry = columns[i].shift_right::<LIMB>();
            columns[i] = columns[i].and(self.mask);
            columns[i + 1] = columns[i + 1].add(carry);
        }
    }

    /// The Montgomery reduction of columns that have been carried.
    #[inline(always)]
    fn reduced_columns(&self, columns: &[Words<V>; 2 * LIMBS]) -> Limbs<V> {
        let mut parts = [[self.reduction.zero; LIMBS]; PARTS];
        for (i, limbs) in parts.iter_mut().enumerate() {
            let mut lowest = each_limb!(I => columns[I].part(i));
            let _ = each_limb!(I => {
                lowest = self.reduction.without_lowest::<{ I < SHIFTED }>(&lowest);
                let next = columns[LIMBS + I].part(i);
                lowest[LIMBS - 1] = lowest[LIMBS - 1].add(next);
            });
            *limbs = lowest;
        }
        self.carried(&each_limb!(I => Words::of_parts(&parts, I)))
    }
}

impl<V: Vector> Reduction<V> {
    /// # Safety
    ///
    /// The machine has the instructions.
    unsafe fn new(modulus: Number) -> Self {
        let negated_inverse = negated_inverse(modulus[0]) & MASK;
        // SAFETY: the caller's promise.
        let words = |limbs: [u64; LIMBS]| limbs.map(|limb| unsafe { V::splat(limb) });
        let modulus = limbs(modulus);
        Self {
            shifted: words(shifted(modulus, negated_inverse)),
            modulus: words(modulus),
            // SAFETY: the caller's promise.
            negated_inverse: unsafe { V::splat(negated_inverse) },
            // SAFETY: the caller's promise.
            mask: unsafe { V::splat(MASK) },
            // SAFETY: the caller's promise.
            zero: unsafe { V::splat(0) },
        }
    }

    /// The columns, and a multiple of the modulus that makes the lowest one's limb zero, without it.
    #[inline(always)]
    fn without_lowest<const OF_SHIFTED: bool>(&self, columns: &[V; LIMBS]) -> [V; LIMBS] {
        if OF_SHIFTED {
            // The limb, times `k p`, which is `2^29 shifted - 1`.
            let times = columns[0].and(self.mask);
            let next = self.next(columns, columns[0].shift_right::<LIMB>());
            return each_limb!(I => next[I].add(times.multiply(self.shifted[I])));
        }
        let times = columns[0].multiply(self.negated_inverse).and(self.mask);
        let sums = each_limb!(I => columns[I].add(times.multiply(self.modulus[I])));
        self.next(&sums, sums[0].shift_right::<LIMB>())
    }

    /// The columns but the lowest, to which what that one carries is added.
    #[inline(always)]
    fn next(&self, columns: &[V; LIMBS], carry: V) -> [V; LIMBS] {
        let [_, a, b, c, d, e, f, g, h] = *columns;
        [a.add(carry), b, c, d, e, f, g, h, self.zero]
    }
}

/// Words of 64 bits, from limbs of numbers below `2^256`.
#[inline(always)]
fn words<V: Vector>([a, b, c, d, e, f, g, h, i]: &Limbs<V>) -> [Words<V>; 4] {
    [
        a.or(b.shift_left::<29>()).or(c.shift_left::<58>()),
        c.shift_right::<6>()
            .or(d.shift_left::<23>())
            .or(e.shift_left::<52>()),
        e.shift_right::<12>()
            .or(f.shift_left::<17>())
            .or(g.shift_left::<46>()),
        g.shift_right::<18>()
            .or(h.shift_left::<11>())
            .or(i.shift_left::<40>()),
    ]
}

/// `(k p + 1) / 2^29`, for `p k = -1` modulo `2^29`.
fn shifted(modulus: [u64; LIMBS], k: u64) -> [u64; LIMBS] {
    let mut carry = 1;
    let mut product = modulus.map(|limb| {
        let sum = limb * k + carry;
        carry = sum >> LIMB;
        sum & MASK
    });
    debug_assert_eq!(product[0], 0);
    product.rotate_left(1);
    product[LIMBS - 1] = carry;
    product
}

/// A number in limbs of 29 bits.
fn limbs([a, b, c, d]: Number) -> [u64; LIMBS] {
    [
        a & MASK,
        a >> 29 & MASK,
        (a >> 58 | b << 6) & MASK,
        b >> 23 & MASK,
        (b >> 52 | c << 12) & MASK,
        c >> 17 & MASK,
        (c >> 46 | d << 18) & MASK,
        d >> 11 & MASK,
        d >> 40,
    ]
}

/// The limbs of a number, where all but the last get `2^bits` more, less what the one below got.
fn raised(number: Number, bits: u32) -> [u64; LIMBS] {
    let borrowed = 1u64 << (bits - LIMB as u32);
    let mut limbs = limbs(number);
    for (i, limb) in limbs.iter_mut().enumerate() {
        let up = if i < LIMBS - 1 { 1 << bits } else { 0 };
        let down = if i > 0 { borrowed } else { 0 };
        // The last limb of a number that is zero is negative.
        *limb = limb.wrapping_add(up).wrapping_sub(down);
    }
    limbs
}
