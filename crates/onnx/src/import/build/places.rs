//! Entries by their places in a tensor, all of whose axes are read as one.

use super::movement::index;
use crate::import::refusal::{Imported, refuse};
use crate::tensor::Tensor;
use inferproof_view::{Step, volume};

/// Steps that read all axes of `from` as one, gather its entries, and read them as axes `to`.
pub fn flat_gather(from: &[usize], index: Vec<Option<u32>>, to: &[usize]) -> Vec<Step> {
    let mut steps = Vec::new();
    match from.len() {
        0 => steps.push(Step::Insert { axis: 0, len: 1 }),
        1 => {}
        _ => steps.push(Step::Merge {
            axis: 0,
            sizes: from.to_vec(),
        }),
    }
    steps.push(Step::Gather {
        axis: 0,
        source: volume(from).unwrap_or(0),
        index,
    });
    match to.len() {
        0 => steps.push(Step::Reduce {
            axis: 0,
            source: 1,
            weights: None,
        }),
        1 => {}
        _ => steps.push(Step::Split {
            axis: 0,
            sizes: to.to_vec(),
        }),
    }
    steps
}

/// For each index along an axis, in the shape of the indices, the place of the entry that it means in a tensor of this shape.
pub fn element_places(shape: &[usize], indices: &Tensor, axis: usize) -> Imported<Vec<u32>> {
    let Some(given) = indices.integers() else {
        return refuse(format!("indices of type {}", indices.element()));
    };
    let to = indices.shape();
    let fits = |(a, (own, asked)): (usize, (&usize, &usize))| a == axis || asked <= own;
    if to.len() != shape.len() || !shape.iter().zip(to).enumerate().all(fits) {
        return refuse(format!(
            "indices of shape {to:?} for a tensor of shape {shape:?}"
        ));
    }
    let strides = strides(shape);
    let length = shape.get(axis).copied().unwrap_or(0);
    let mut places = Vec::with_capacity(given.len());
    for (position, &entry) in given.iter().enumerate() {
        let mut rest = position;
        let mut place = 0;
        for (a, (&len, &stride)) in to.iter().zip(&strides).enumerate().rev() {
            let coordinate = match a == axis {
                true => index(entry, length)? as usize,
                false => rest % len.max(1),
            };
            rest /= len.max(1);
            place += coordinate * stride;
        }
        places.push(u32::try_from(place)?);
    }
    Ok(places)
}

/// The places of the slices that tuples of indices mean, behind `batch` axes that the indices share with the tensor.
pub fn tuple_places(shape: &[usize], indices: &Tensor, batch: usize) -> Imported<Vec<u32>> {
    let Some(given) = indices.integers() else {
        return refuse(format!("indices of type {}", indices.element()));
    };
    let Some((&width, outer)) = indices.shape().split_last() else {
        return refuse("indices without axes");
    };
    let indexed = batch
        .checked_add(width)
        .and_then(|end| shape.get(batch..end));
    let (Some(indexed), true) = (indexed, shape.get(..batch) == outer.get(..batch)) else {
        return refuse(format!(
            "indices of shape {:?} for a tensor of shape {shape:?}",
            indices.shape()
        ));
    };
    let all = strides(shape);
    let strides = all.get(batch..).unwrap_or_default();
    let block: usize = shape.iter().skip(batch + width).product();
    let batches: usize = outer.iter().take(batch).product();
    let tuples: usize = outer.iter().product();
    let in_batch: usize = shape.iter().skip(batch).product();
    let mut places = Vec::new();
    for tuple in 0..tuples {
        let own = given.get(tuple * width..(tuple + 1) * width);
        let mut place = tuple / (tuples / batches.max(1)).max(1) * in_batch;
        let own = own.unwrap_or_default();
        for ((&entry, &len), &stride) in own.iter().zip(indexed).zip(strides) {
            place += index(entry, len)? as usize * stride;
        }
        for entry in place..place + block {
            places.push(u32::try_from(entry)?);
        }
    }
    Ok(places)
}

/// How far apart neighbours along each axis stand.
fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    let mut stride = 1;
    for (slot, &len) in strides.iter_mut().zip(shape).rev() {
        *slot = stride;
        stride *= len;
    }
    strides
}
