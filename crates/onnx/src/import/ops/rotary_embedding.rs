//! RotaryEmbedding: pairs of entries turned by an angle for each position (Su et al., arXiv 2104.09864).

use crate::graph::Axes;
use crate::graph::LayerId;
use crate::import::Importer;
use crate::import::build::broadcast::{broadcast, reshape, slice};
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, int};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("RotaryEmbedding", &[23], import)
        .attributes(&[
            int("interleaved"),
            int("num_heads"),
            int("rotary_embedding_dim"),
        ])
        .row("", "products with cosines and sines, sums")
}

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let x = importer.input(node, 0)?;
    let given = importer.graph.shape(x).to_vec();
    // [batch, length, heads, size].
    let (source, batch, length, heads, size) = match given[..] {
        [batch, heads, length, size] => {
            let order = vec![Step::Permute(vec![0, 2, 1, 3])];
            (
                importer.graph.view(origin, x, order)?,
                batch,
                length,
                heads,
                size,
            )
        }
        [batch, length, hidden] => {
            let heads = node.int("num_heads").and_then(|n| usize::try_from(n).ok());
            let Some(heads) = heads.filter(|&n| n > 0 && hidden % n == 0) else {
                return refuse(
                    "a tensor of three axes, which the attribute `num_heads` does not cut into heads",
                );
            };
            let steps = reshape(0, &given, &[batch, length, heads, hidden / heads]);
            (
                importer.graph.view(origin, x, steps)?,
                batch,
                length,
                heads,
                hidden / heads,
            )
        }
        _ => return refuse(format!("an input of shape {given:?}; expected 3 or 4 axes")),
    };
    let turned = match usize::try_from(node.int_or("rotary_embedding_dim", 0))? {
        0 => size,
        turned => turned,
    };
    if turned > size || turned % 2 != 0 {
        return refuse(format!("{turned} entries to turn of {size}"));
    }
    let half = turned / 2;
    let cosines = angles(importer, node, 1, [batch, length, half])?;
    let sines = angles(importer, node, 2, [batch, length, half])?;
    let interleaved = node.flag("interleaved", false);
    let shape = [batch, length, heads, size];
    let part = |second: bool| match interleaved {
        true => Step::Slice {
            axis: 3,
            source: size,
            start: i64::from(second),
            step: 2,
            len: half,
        },
        false => slice(3, &shape, if second { half as i64 } else { 0 }, 1, half),
    };
    let first = importer.graph.view(origin, source, vec![part(false)])?;
    let second = importer.graph.view(origin, source, vec![part(true)])?;
    let products = [
        times(importer, origin, first, cosines)?,
        times(importer, origin, second, sines)?,
        times(importer, origin, first, sines)?,
        times(importer, origin, second, cosines)?,
    ];
    // Where an entry of the result comes from: the first or the second of its pair, or what is not turned.
    let back = |second: bool| {
        let place = |at: usize| match (interleaved, second) {
            _ if at >= turned => None,
            (true, _) => (at % 2 == usize::from(second)).then_some(at / 2),
            (false, false) => (at < half).then_some(at),
            (false, true) => at.checked_sub(half),
        };
        Step::Gather {
            axis: 3,
            source: half,
            index: (0..size)
                .map(|at| place(at).and_then(|p| u32::try_from(p).ok()))
                .collect(),
        }
    };
    let mut terms = Vec::new();
    for (product, sign, second) in [
        (0, 1.0, false),
        (1, -1.0, false),
        (2, 1.0, true),
        (3, 1.0, true),
    ] {
        terms.push(
            importer
                .graph
                .summand(sign, products[product], vec![back(second)])?,
        );
    }
    if turned < size {
        let kept = Step::Gather {
            axis: 3,
            source: size,
            index: (0..size)
                .map(|at| u32::try_from(at).ok().filter(|_| at >= turned))
                .collect(),
        };
        terms.push(importer.graph.summand(1.0, source, vec![kept])?);
    }
    let result = importer.graph.sum(origin, terms);
    let steps = match given.len() {
        4 => vec![Step::Permute(vec![0, 2, 1, 3])],
        _ => reshape(0, &shape, &given),
    };
    let layer = importer.graph.view(origin, result, steps)?;
    Ok(vec![Value::computed(layer, node.element(0)?)])
}

/// Cosines or sines by positions, `[batch, length, half]`: as they are given, or looked up by the positions' numbers.
fn angles(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    position: usize,
    shape: [usize; 3],
) -> Imported<LayerId> {
    let origin = &node.origin;
    let given = importer.input(node, position)?;
    let table = importer.graph.shape(given).to_vec();
    let found = match node.optional(3) {
        None => given,
        Some(Value::Constant(positions)) => {
            let (Some(positions), [rows, _]) = (positions.integers(), &table[..]) else {
                return refuse("positions that are no integers, or a table that has not two axes");
            };
            let index = positions
                .iter()
                .map(|&p| u32::try_from(p).ok().filter(|&p| (p as usize) < *rows));
            let Some(index) = index.map(|i| i.map(Some)).collect::<Option<Vec<_>>>() else {
                return refuse("a position beyond the table");
            };
            let sizes = vec![shape[0], shape[1]];
            let gather = Step::Gather {
                axis: 0,
                source: *rows,
                index,
            };
            let steps = vec![gather, Step::Split { axis: 0, sizes }];
            importer.graph.view(origin, given, steps)?
        }
        Some(_) => {
            let positions = importer.input(node, 3)?;
            let &[rows, _] = &table[..] else {
                return refuse("a table that has not two axes");
            };
            let codes = importer.graph.indicator(origin, positions, rows, true);
            let columns = importer
                .graph
                .view(origin, given, vec![Step::Permute(vec![1, 0])])?;
            let axes = Axes {
                shared: 0,
                left_free: 2,
                right_free: 1,
                contracted: 1,
            };
            importer.graph.contract(origin, codes, columns, axes)
        }
    };
    let found_shape = importer.graph.shape(found).to_vec();
    if found_shape != shape {
        return refuse(format!(
            "angles of shape {found_shape:?}; expected {shape:?}"
        ));
    }
    Ok(found)
}

/// `[batch, length, heads, half]` times `[batch, length, half]`, the same for all heads.
fn times(
    importer: &mut Importer<'_>,
    origin: &str,
    left: LayerId,
    angles: LayerId,
) -> Imported<LayerId> {
    let to = importer.graph.shape(left).to_vec();
    let row = vec![Step::Insert { axis: 2, len: 1 }];
    let angles = importer.graph.view(origin, angles, row)?;
    let steps = broadcast(importer.graph.shape(angles), &to)?;
    let angles = importer.graph.view(origin, angles, steps)?;
    Ok(importer.graph.entrywise(origin, left, angles))
}
