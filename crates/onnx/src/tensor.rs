//! Tensors of a model whose entries are known: initializers, and what is computed of them alone.

use crate::element::Element;
use crate::numbers::Numbers;
use inferproof_view::{View, volume};
use std::sync::Arc;

/// A constant: a type, a shape, and entries in row-major order. There are as many as the shape says.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    element: Element,
    shape: Vec<usize>,
    data: Data,
    dequantized: Option<Arc<Dequantization>>,
}

/// The integers and scales that real numbers were dequantized from, entry by entry: as many of each as of these.
#[derive(Clone, Debug, PartialEq)]
pub struct Dequantization {
    /// The integers, less their zero points.
    pub integers: Tensor,
    /// What each is multiplied by.
    pub scales: Tensor,
    /// The bounds of the integers' type, less the zero point, if that is one for all.
    pub bounds: Option<(i64, i64)>,
}

/// The entries, in as few representations as hold all types.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// Of single precision, half, or bfloat16.
    Floats(Numbers),
    /// Of double precision.
    Doubles(Arc<Vec<f64>>),
    /// Integers and truth values.
    Integers(Arc<Vec<i64>>),
    /// Strings.
    Strings(Arc<Vec<String>>),
}

impl Tensor {
    /// Real numbers, rounded to the type. `None` if there are not as many as the shape says, or the type holds none.
    pub fn of_reals(element: Element, shape: Vec<usize>, values: Vec<f64>) -> Option<Self> {
        if volume(&shape) != Some(values.len()) {
            return None;
        }
        let data = match element {
            Element::Double => Data::Doubles(Arc::new(values)),
            _ if element.is_float() => {
                let rounded = values.iter().map(|&v| element.round(v) as f32);
                Data::Floats(rounded.collect())
            }
            _ if element.is_whole() => {
                let integers = values.iter().map(|&v| element.wrap(v as i128) as i64);
                Data::Integers(Arc::new(integers.collect()))
            }
            _ => return None,
        };
        Some(Self {
            element,
            shape,
            data,
            dequantized: None,
        })
    }

    /// Numbers in single precision, or of a type that this holds.
    pub fn of_floats(element: Element, shape: Vec<usize>, values: Numbers) -> Option<Self> {
        let fits = matches!(
            element,
            Element::Float | Element::Float16 | Element::Bfloat16
        );
        (fits && volume(&shape) == Some(values.len())).then_some(Self {
            element,
            shape,
            data: Data::Floats(values),
            dequantized: None,
        })
    }

    /// Integers or truth values, wrapped to the type.
    pub fn of_integers(element: Element, shape: Vec<usize>, values: Vec<i64>) -> Option<Self> {
        if volume(&shape) != Some(values.len()) || !element.is_whole() {
            return None;
        }
        let wrapped = values.iter().map(|&v| element.wrap(v.into()) as i64);
        Some(Self {
            element,
            shape,
            data: Data::Integers(Arc::new(wrapped.collect())),
            dequantized: None,
        })
    }

    /// Strings.
    pub fn of_strings(shape: Vec<usize>, values: Vec<String>) -> Option<Self> {
        (volume(&shape) == Some(values.len())).then(|| Self {
            element: Element::String,
            shape,
            data: Data::Strings(Arc::new(values)),
            dequantized: None,
        })
    }

    /// A tensor of one axis: lengths, positions.
    pub fn of_list(values: Vec<i64>) -> Self {
        Self {
            element: Element::Int64,
            shape: vec![values.len()],
            data: Data::Integers(Arc::new(values)),
            dequantized: None,
        }
    }

    /// A tensor without entries.
    pub fn empty(element: Element, shape: Vec<usize>) -> Option<Self> {
        match element {
            Element::String => Self::of_strings(shape, vec![]),
            _ => Self::of_reals(element, shape, vec![]),
        }
    }

    /// The same entries, with what they were dequantized from.
    pub fn with_dequantization(self, dequantization: Dequantization) -> Self {
        Self {
            dequantized: Some(Arc::new(dequantization)),
            ..self
        }
    }

    /// What the entries were dequantized from, if they were.
    pub fn dequantization(&self) -> Option<&Dequantization> {
        self.dequantized.as_deref()
    }

    /// The type of entries.
    pub fn element(&self) -> Element {
        self.element
    }

    /// The shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        match &self.data {
            Data::Floats(v) => v.len(),
            Data::Doubles(v) => v.len(),
            Data::Integers(v) => v.len(),
            Data::Strings(v) => v.len(),
        }
    }

    /// The entries.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// The same entries in another shape of as many.
    pub fn reshaped(self, shape: Vec<usize>) -> Option<Self> {
        if volume(&shape) != Some(self.len()) {
            return None;
        }
        let inner = self.dequantized.as_deref().cloned();
        let inner = inner.and_then(|d| {
            let integers = d.integers.reshaped(shape.clone())?;
            let scales = d.scales.reshaped(shape.clone())?;
            Some(Arc::new(Dequantization {
                integers,
                scales,
                bounds: d.bounds,
            }))
        });
        Some(Self {
            shape,
            dequantized: inner,
            ..self
        })
    }

    /// The same with its floats in memory: for whoever reads them one by one, again and again.
    pub fn held(&self) -> Self {
        let mut held = self.clone();
        if let Data::Floats(numbers) = &mut held.data {
            *numbers = numbers.held();
        }
        held
    }

    /// The same entries moved, where they stay in the model's file; `None` where they have to be read for it.
    pub fn moved(&self, view: &View) -> Option<Self> {
        let Data::Floats(numbers) = &self.data else {
            return None;
        };
        let grows = volume(view.target()).is_none_or(|entries| entries > self.len());
        if self.dequantized.is_some() || grows {
            return None;
        }
        Some(Self {
            element: self.element,
            shape: view.target().to_vec(),
            data: Data::Floats(numbers.moved(view)?),
            dequantized: None,
        })
    }

    /// The entries as reals; `None` for strings.
    pub fn reals(&self) -> Option<Vec<f64>> {
        Some(match &self.data {
            Data::Floats(v) => v.entries().iter().map(|&v| v.into()).collect(),
            Data::Doubles(v) => v.to_vec(),
            Data::Integers(v) => v.iter().map(|&v| v as f64).collect(),
            Data::Strings(_) => return None,
        })
    }

    /// The integers or truth values; `None` for other types.
    pub fn integers(&self) -> Option<&[i64]> {
        match &self.data {
            Data::Integers(v) => Some(v),
            _ => None,
        }
    }

    /// The strings; `None` for other types.
    pub fn strings(&self) -> Option<&[String]> {
        match &self.data {
            Data::Strings(v) => Some(v),
            _ => None,
        }
    }

    /// The only entry, as a real.
    pub fn scalar(&self) -> Option<f64> {
        match &self.reals()?[..] {
            [value] => Some(*value),
            _ => None,
        }
    }

    /// The entries of tensors of one type, one tensor after the other. `None` if types differ or there are none.
    pub fn concatenated(tensors: &[&Self]) -> Option<Self> {
        fn all<'a, T: Clone + 'a>(
            tensors: &[&'a Tensor],
            entries: impl Fn(&'a Data) -> Option<&'a Arc<Vec<T>>>,
        ) -> Option<Arc<Vec<T>>> {
            let parts = tensors.iter().map(|tensor| entries(&tensor.data));
            let parts = parts.collect::<Option<Vec<_>>>()?;
            let entries = parts.into_iter().flat_map(|part| part.iter().cloned());
            Some(Arc::new(entries.collect()))
        }
        let (first, rest) = tensors.split_first()?;
        if rest.iter().any(|tensor| tensor.element != first.element) {
            return None;
        }
        macro_rules! of {
            ($kind:ident) => {
                Data::$kind(all(tensors, |data| match data {
                    Data::$kind(entries) => Some(entries),
                    _ => None,
                })?)
            };
        }
        let data = match &first.data {
            Data::Floats(_) => {
                let parts = tensors.iter().map(|tensor| match &tensor.data {
                    Data::Floats(numbers) => Some(numbers.entries()),
                    _ => None,
                });
                Data::Floats(parts.collect::<Option<Vec<_>>>()?.concat().into())
            }
            Data::Doubles(_) => of!(Doubles),
            Data::Integers(_) => of!(Integers),
            Data::Strings(_) => of!(Strings),
        };
        Some(Self {
            element: first.element,
            shape: vec![tensors.iter().map(|tensor| tensor.len()).sum()],
            data,
            dequantized: None,
        })
    }

    /// Entries of this tensor in another order, by their positions; zero or the empty string where there is none.
    pub fn picked(&self, shape: Vec<usize>, places: &[Option<usize>]) -> Option<Self> {
        fn pick<T: Clone + Default>(values: &[T], places: &[Option<usize>]) -> Option<Vec<T>> {
            let picked = places.iter().map(|place| match place {
                Some(place) => values.get(*place).cloned(),
                None => Some(T::default()),
            });
            picked.collect()
        }
        if volume(&shape) != Some(places.len()) {
            return None;
        }
        let data = match &self.data {
            Data::Floats(v) => Data::Floats(pick(&v.entries(), places)?.into()),
            Data::Doubles(v) => Data::Doubles(Arc::new(pick(v, places)?)),
            Data::Integers(v) => Data::Integers(Arc::new(pick(v, places)?)),
            Data::Strings(v) => Data::Strings(Arc::new(pick(v, places)?)),
        };
        Some(Self {
            element: self.element,
            shape,
            data,
            dequantized: None,
        })
    }
}
