//! Eight residues in nine limbs of 29 bits, `R = 2^261`, for vector instructions that multiply 32 bits by 32.
//!
//! Limbs are in words of 64 bits. Those of operands of products are below `2^29`, so a column of a product has nine summands below
//! `2^58`, and one of the sum of two products with its reduction 27 of them and carries, below `2^63`. Where limbs might become negative a
//! multiple of the modulus is added whose lower limbs are large.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;

use super::{Arithmetic, Number, Packed, WIDTH, modulus, negated_inverse, scale};
use crate::curve::Montgomery;

/// With AVX2, four words at a time.
#[cfg(target_arch = "x86_64")]
pub(crate) type Avx2 = Limbs29<avx2::Words, 2>;
/// With NEON, two words at a time.
#[cfg(target_arch = "aarch64")]
pub(crate) type Neon = Limbs29<neon::Words, 4>;

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

/// As many numbers as a vector has words, limb by limb.
type Limbs<V> = [V; LIMBS];

/// Eight numbers, in as many groups as it takes vectors to hold eight words.
type Eight<V, const GROUPS: usize> = [Limbs<V>; GROUPS];

/// Eight sums of products.
#[derive(Clone, Copy)]
pub(crate) struct Wide<V, const GROUPS: usize> {
    /// The columns; the last takes carries.
    columns: [[V; 2 * LIMBS]; GROUPS],
    /// How many products were added since columns were carried.
    products: u32,
}

/// The arithmetic of a field.
pub(crate) struct Limbs29<V, const GROUPS: usize> {
    modulus: Limbs<V>,
    /// Twice the modulus, its lower limbs in `2^30..2^31`.
    two_moduli: Limbs<V>,
    /// Four times the modulus, its lower limbs in `2^31..2^32`.
    four_moduli: Limbs<V>,
    /// Zero, its lower limbs in `2^32 - 8..=2^32`.
    zero: Limbs<V>,
    /// `-1 / p mod 2^29`.
    negated_inverse: V,
    mask: V,
}

impl<F: Montgomery, V: Vector, const GROUPS: usize> Arithmetic<F> for Limbs29<V, GROUPS> {
    type Eight = Eight<V, GROUPS>;
    type Wide = Wide<V, GROUPS>;

    const EXTRA_BITS: u32 = 5;

    /// For a modulus between `1.5 * 2^253` and `1.52 * 2^253`: those of both profiles are.
    fn detect() -> Option<Self> {
        let modulus = modulus::<F>();
        let inverse = negated_inverse(modulus[0]) & MASK;
        // SAFETY: the machine has the instructions.
        V::is_available().then(|| unsafe {
            Self {
                modulus: limbs(modulus).map(|limb| V::splat(limb)),
                two_moduli: raised(scale(modulus, 2), 30).map(|limb| V::splat(limb)),
                four_moduli: raised(scale(modulus, 4), 31).map(|limb| V::splat(limb)),
                zero: raised([0; 4], 32).map(|limb| V::splat(limb)),
                negated_inverse: V::splat(inverse),
                mask: V::splat(MASK),
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
        let mut splat = self.modulus;
        for (place, limb) in splat.iter_mut().zip(limbs(number)) {
            // SAFETY: see `vectorize`.
            *place = unsafe { V::splat(limb) };
        }
        [splat; GROUPS]
    }

    #[inline(always)]
    fn gather(&self, numbers: [&Number; WIDTH]) -> Self::Eight {
        let mut eight = [self.modulus; GROUPS];
        for (group, limbs) in eight.iter_mut().enumerate() {
            let numbers = &numbers[group * (WIDTH / GROUPS)..];
            // SAFETY: see `vectorize`; a vector has `WIDTH / GROUPS` words.
            *limbs = self.limbs(unsafe { V::gather(numbers) });
        }
        eight
    }

    #[inline(always)]
    fn scatter(&self, eight: &Self::Eight) -> [Number; WIDTH] {
        let mut numbers = [[0; 4]; WIDTH];
        for (group, limbs) in eight.iter().enumerate() {
            let numbers = &mut numbers[group * (WIDTH / GROUPS)..];
            // SAFETY: a vector has `WIDTH / GROUPS` words.
            unsafe { V::scatter(words(limbs), numbers) };
        }
        numbers
    }

    #[inline(always)]
    fn load(&self, packed: &Packed) -> Self::Eight {
        let mut eight = [self.modulus; GROUPS];
        for (group, limbs) in eight.iter_mut().enumerate() {
            *limbs = self.limbs(self.words_of(packed, group));
        }
        eight
    }

    #[inline(always)]
    fn store(&self, packed: &mut Packed, eight: &Self::Eight) {
        for (group, limbs) in eight.iter().enumerate() {
            for (row, words) in packed.0.iter_mut().zip(words(limbs)) {
                // SAFETY: a row has eight words, and a vector a `GROUPS`th of that.
                unsafe { words.store(row[group * (WIDTH / GROUPS)..].as_mut_ptr()) };
            }
        }
    }

    #[inline(always)]
    fn unzip(&self, numbers: &[Packed; 2]) -> [Self::Eight; 2] {
        let (mut evens, mut odds) = ([self.modulus; GROUPS], [self.modulus; GROUPS]);
        for (group, (evens, odds)) in evens.iter_mut().zip(&mut odds).enumerate() {
            // Of the groups of both, one behind the other, two come together.
            let of = [2 * group, 2 * group + 1];
            let mut even = self.words_of(&numbers[of[0] / GROUPS], of[0] % GROUPS);
            let mut odd = self.words_of(&numbers[of[1] / GROUPS], of[1] % GROUPS);
            for (even, odd) in even.iter_mut().zip(&mut odd) {
                [*even, *odd] = even.unzip(*odd);
            }
            *evens = self.limbs(even);
            *odds = self.limbs(odd);
        }
        [evens, odds]
    }

    #[inline(always)]
    fn add(&self, a: &Self::Eight, b: &Self::Eight) -> Self::Eight {
        let mut sums = *a;
        for (a, b) in sums.iter_mut().zip(b) {
            *a = sum(a, b);
        }
        sums
    }

    #[inline(always)]
    fn carry(&self, sum: &Self::Eight) -> Self::Eight {
        let mut carried = *sum;
        for limbs in &mut carried {
            *limbs = self.carried(*limbs);
        }
        carried
    }

    #[inline(always)]
    fn multiply(&self, a: &Self::Eight, b: &Self::Eight) -> Self::Eight {
        let mut products = *a;
        for (a, b) in products.iter_mut().zip(b) {
            *a = self.product(a, b);
        }
        products
    }

    #[inline(always)]
    fn sum_of_products(&self, [a, b]: [&Self::Eight; 2], [c, d]: [&Self::Eight; 2]) -> Self::Eight {
        let mut sums = *a;
        for (group, sum) in sums.iter_mut().enumerate() {
            *sum = self.two_products([&a[group], &b[group]], [&c[group], &d[group]]);
        }
        sums
    }

    #[inline(always)]
    fn subtract(&self, a: &Self::Eight, b: &Self::Eight) -> Self::Eight {
        let mut differences = *a;
        for (a, b) in differences.iter_mut().zip(b) {
            *a = self.carried(difference(&sum(a, &self.two_moduli), b));
        }
        differences
    }

    #[inline(always)]
    fn add_reduced(&self, a: &Self::Eight, b: &Self::Eight) -> Self::Eight {
        let mut sums = *a;
        for (a, b) in sums.iter_mut().zip(b) {
            *a = self.reduced(sum(a, b));
        }
        sums
    }

    #[inline(always)]
    fn subtract_reduced(&self, a: &Self::Eight, b: &Self::Eight) -> Self::Eight {
        let mut differences = *a;
        for (a, b) in differences.iter_mut().zip(b) {
            *a = self.reduced(difference(&sum(a, &self.two_moduli), b));
        }
        differences
    }

    #[inline(always)]
    fn subtract_two_reduced(
        &self,
        a: &Self::Eight,
        b: &Self::Eight,
        c: &Self::Eight,
    ) -> Self::Eight {
        let mut differences = *a;
        for ((a, b), c) in differences.iter_mut().zip(b).zip(c) {
            let from = sum(a, &self.four_moduli);
            *a = self.reduced(difference(&difference(&from, b), c));
        }
        differences
    }

    #[inline(always)]
    fn zeros(&self, eight: &Self::Eight) -> u8 {
        // SAFETY: see `vectorize`.
        let zero = unsafe { V::splat(0) };
        let mut zeros = 0;
        for (group, limbs) in eight.iter().enumerate() {
            let mut any = zero;
            for &limb in limbs {
                any = any.or(limb);
            }
            zeros |= any.equals(zero) << (group * (WIDTH / GROUPS));
        }
        zeros
    }

    #[inline(always)]
    fn suspects(&self, eight: &Self::Eight) -> u8 {
        let mut suspects = 0;
        for (group, limbs) in eight.iter().enumerate() {
            suspects |= limbs[0].equals(self.modulus[0]) << (group * (WIDTH / GROUPS));
        }
        suspects
    }

    #[inline(always)]
    fn wide(&self) -> Wide<V, GROUPS> {
        Wide {
            // SAFETY: see `vectorize`.
            columns: [[unsafe { V::splat(0) }; 2 * LIMBS]; GROUPS],
            products: 0,
        }
    }

    #[inline(always)]
    fn add_product(&self, sum: &mut Wide<V, GROUPS>, a: &Self::Eight, b: &Self::Eight) {
        if sum.products == PRODUCTS {
            for columns in &mut sum.columns {
                self.carry_columns(columns);
            }
            sum.products = 0;
        }
        sum.products += 1;
        for (group, columns) in sum.columns.iter_mut().enumerate() {
            self.add_to_columns(columns, &a[group], &b[group]);
        }
    }

    #[inline(always)]
    fn reduce_wide(&self, sum: Wide<V, GROUPS>) -> Self::Eight {
        let mut reduced = [self.modulus; GROUPS];
        for (limbs, columns) in reduced.iter_mut().zip(sum.columns) {
            *limbs = self.reduced_columns(columns);
        }
        reduced
    }
}

// What follows is written in loops: a closure that goes through `map` or `from_fn`, which know nothing of the instructions, might be
// compiled without them.

#[inline(always)]
fn sum<V: Vector>(a: &Limbs<V>, b: &Limbs<V>) -> Limbs<V> {
    let mut sum = *a;
    for (a, &b) in sum.iter_mut().zip(b) {
        *a = a.add(b);
    }
    sum
}

#[inline(always)]
fn difference<V: Vector>(a: &Limbs<V>, b: &Limbs<V>) -> Limbs<V> {
    let mut difference = *a;
    for (a, &b) in difference.iter_mut().zip(b) {
        *a = a.subtract(b);
    }
    difference
}

impl<V: Vector, const GROUPS: usize> Limbs29<V, GROUPS> {
    /// The words of one group.
    #[inline(always)]
    fn words_of(&self, packed: &Packed, group: usize) -> [V; 4] {
        let mut words = [self.mask; 4];
        for (words, row) in words.iter_mut().zip(&packed.0) {
            let row = &row[group * (WIDTH / GROUPS)..];
            // SAFETY: there is no value of this type where the machine lacks the instructions; a vector has `WIDTH / GROUPS` words.
            *words = unsafe { V::load(row.as_ptr()) };
        }
        words
    }

    /// In limbs of 29 bits, from words of 64.
    #[inline(always)]
    fn limbs(&self, [a, b, c, d]: [V; 4]) -> Limbs<V> {
        let mut limbs = [
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
        for limb in limbs.iter_mut().take(LIMBS - 1) {
            *limb = limb.and(self.mask);
        }
        limbs
    }

    /// The same numbers, their lower limbs below `2^29`, from limbs below `2^63`; the last may be negative before carries come.
    #[inline(always)]
    fn carried(&self, mut limbs: Limbs<V>) -> Limbs<V> {
        for i in 0..LIMBS - 1 {
            let carry = limbs[i].shift_right::<LIMB>();
            limbs[i] = limbs[i].and(self.mask);
            limbs[i + 1] = limbs[i + 1].add(carry);
        }
        limbs
    }

    /// Numbers below `2^256`, less a multiple of the modulus that leaves them below `p + 2^253`.
    #[inline(always)]
    fn reduced(&self, limbs: Limbs<V>) -> Limbs<V> {
        let limbs = self.carried(limbs);
        // floor(5 k / 8) p <= k 2^253, and less than a modulus below it: p is in 1.5..1.52 times 2^253.
        let eighths = limbs[LIMBS - 1].shift_right::<{ 253 - 8 * LIMB }>();
        let times = eighths.add(eighths.shift_left::<2>()).shift_right::<3>();
        let mut rest = sum(&limbs, &self.zero);
        for (limb, &p) in rest.iter_mut().zip(&self.modulus) {
            *limb = limb.subtract(times.multiply(p));
        }
        self.carried(rest)
    }

    #[inline(always)]
    fn product(&self, a: &Limbs<V>, b: &Limbs<V>) -> Limbs<V> {
        let mut product = *a;
        self.out_of_line(
            #[inline(always)]
            |arithmetic| product = arithmetic.sum_of([a], [b]),
        );
        product
    }

    #[inline(always)]
    fn two_products(&self, a: [&Limbs<V>; 2], b: [&Limbs<V>; 2]) -> Limbs<V> {
        let mut sum = *a[0];
        self.out_of_line(
            #[inline(always)]
            |arithmetic| sum = arithmetic.sum_of(a, b),
        );
        sum
    }

    /// A product has some four hundred instructions, so there is one copy of it: kernels that have it many times in line are too large
    /// for the caches of instructions.
    #[inline(never)]
    fn out_of_line(&self, work: impl FnOnce(&Self)) {
        // SAFETY: there is no value of this type where the machine lacks the instructions.
        unsafe {
            V::vectorize(
                #[inline(always)]
                || work(self),
            )
        }
    }

    /// `a[0] b[0] + a[1] b[1] + ..`, of at most two products, times `2^-261`.
    #[inline(always)]
    fn sum_of<const N: usize>(&self, a: [&Limbs<V>; N], b: [&Limbs<V>; N]) -> Limbs<V> {
        // SAFETY: there is no value of this type where the machine lacks the instructions.
        let zero = unsafe { V::splat(0) };
        let mut sum = [zero; LIMBS];
        for i in 0..LIMBS {
            let mut lowest = sum[0];
            for (a, b) in a.iter().zip(b) {
                lowest = lowest.add(a[0].multiply(b[i]));
            }
            let quotient = lowest.multiply(self.negated_inverse).and(self.mask);
            // The lowest 29 bits are zero then: shift by a limb.
            let carry = lowest
                .add(quotient.multiply(self.modulus[0]))
                .shift_right::<LIMB>();
            for j in 1..LIMBS {
                let mut column = sum[j].add(quotient.multiply(self.modulus[j]));
                for (a, b) in a.iter().zip(b) {
                    column = column.add(a[j].multiply(b[i]));
                }
                sum[j - 1] = column;
            }
            sum[0] = sum[0].add(carry);
            sum[LIMBS - 1] = zero;
        }
        self.carried(sum)
    }

    /// Adds a product, not reduced.
    #[inline(never)]
    fn add_to_columns(&self, columns: &mut [V; 2 * LIMBS], a: &Limbs<V>, b: &Limbs<V>) {
        // SAFETY: there is no value of this type where the machine lacks the instructions.
        unsafe {
            V::vectorize(
                #[inline(always)]
                || {
                    for (i, &b) in b.iter().enumerate() {
                        for (column, a) in columns[i..].iter_mut().zip(a) {
                            *column = column.add(a.multiply(b));
                        }
                    }
                },
            );
        }
    }

    /// Columns below `2^29` but for the last, from columns below `2^64`.
    #[inline(always)]
    fn carry_columns(&self, columns: &mut [V; 2 * LIMBS]) {
        for i in 0..2 * LIMBS - 1 {
            let carry = columns[i].shift_right::<LIMB>();
            columns[i] = columns[i].and(self.mask);
            columns[i + 1] = columns[i + 1].add(carry);
        }
    }

    /// The Montgomery reduction of columns.
    #[inline(always)]
    fn reduced_columns(&self, mut columns: [V; 2 * LIMBS]) -> Limbs<V> {
        // Reduction adds nine summands to a column, so there has to be room.
        self.carry_columns(&mut columns);
        for i in 0..LIMBS {
            let quotient = columns[i].multiply(self.negated_inverse).and(self.mask);
            for (column, &p) in columns[i..].iter_mut().zip(&self.modulus) {
                *column = column.add(quotient.multiply(p));
            }
            // The lowest 29 bits of this column are zero now.
            let carry = columns[i].shift_right::<LIMB>();
            columns[i + 1] = columns[i + 1].add(carry);
        }
        let mut limbs = self.modulus;
        limbs.copy_from_slice(&columns[LIMBS..]);
        self.carried(limbs)
    }
}

/// Words of 64 bits, from limbs of numbers below `2^256`.
#[inline(always)]
fn words<V: Vector>([a, b, c, d, e, f, g, h, i]: &Limbs<V>) -> [V; 4] {
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
