//! Attention: products of queries and keys, masks, a softmax, and the product with the values.

use crate::element::Element;
use crate::function::{Comparison, Function, Operation as Arithmetic};
use crate::graph::LayerId;
use crate::import::INFINITY;
use crate::import::Importer;
use crate::import::build::Place;
use crate::import::build::broadcast::{broadcast, common_shape, reshape};
use crate::import::build::contraction::Label;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::registry::{Operation, float, int};
use crate::import::value::Value;
use inferproof_view::Step;

inventory::submit! {
    Operation::new("Attention", &[23, 24], import)
        .attributes(&[
            int("is_causal"),
            int("kv_num_heads"),
            int("q_num_heads"),
            int("qk_matmul_output_mode"),
            float("scale"),
            float("softcap"),
            int("softmax_precision"),
        ])
        .row(
            "`softcap` only without a mask; `nonpad_kv_seqlen` only without `is_causal` and a cache",
            "contractions, a softmax",
        )
}

/// The scores of one head axis by another: `[batch, heads, queries, keys]`.
const SCORES: [(Option<usize>, Option<usize>, Option<usize>); 5] = [
    (Some(0), Some(0), Some(0)),
    (Some(1), Some(1), Some(1)),
    (Some(2), None, Some(2)),
    (None, Some(2), Some(3)),
    (Some(3), Some(3), None),
];

/// Weights by values: `[batch, heads, queries, size]`.
const WEIGHTED: [(Option<usize>, Option<usize>, Option<usize>); 5] = [
    (Some(0), Some(0), Some(0)),
    (Some(1), Some(1), Some(1)),
    (Some(2), None, Some(2)),
    (None, Some(3), Some(3)),
    (Some(3), Some(2), None),
];

fn import(importer: &mut Importer<'_>, node: &Node<'_>) -> Imported<Vec<Value>> {
    let origin = &node.origin;
    let has_lengths = node.optional(6).is_some();
    if has_lengths && (node.flag("is_causal", false) || node.optional(4).is_some()) {
        return refuse(
            "lengths of what is not padding beside `is_causal` or what was before; give a mask instead",
        );
    }
    let element = node.element(0)?;
    let is_merged = importer.shape(node.input(0)?)?.len() == 3;
    let query = heads(importer, node, 0, "q_num_heads")?;
    let mut key = heads(importer, node, 1, "kv_num_heads")?;
    let mut value = heads(importer, node, 2, "kv_num_heads")?;
    let mut past = 0;
    if node.optional(4).is_some() {
        let before = importer.input(node, 4)?;
        past = importer.graph.shape(before).get(2).copied().unwrap_or(0);
        key = joined(importer, origin, before, key)?;
    }
    if node.optional(5).is_some() {
        let before = importer.input(node, 5)?;
        value = joined(importer, origin, before, value)?;
    }
    let present = [key, value];
    let &[batch, count, queries, size] = importer.graph.shape(query) else {
        return refuse("a query that has not three or four axes");
    };
    let key = repeated(importer, origin, key, count)?;
    let value = repeated(importer, origin, value, count)?;
    let (key_shape, value_shape) = (
        importer.graph.shape(key).to_vec(),
        importer.graph.shape(value).to_vec(),
    );
    let keys = key_shape[2];
    if key_shape != [batch, count, keys, size] || value_shape[..3] != [batch, count, keys] {
        return refuse(format!(
            "keys of shape {key_shape:?} and values of shape {value_shape:?} for {count} heads of {size}"
        ));
    }
    let scores_shape = [batch, count, queries, keys];
    let scale = node.float("scale").unwrap_or(1.0 / (size as f64).sqrt());
    let products = product(importer, origin, [query, key], &scores_shape, &SCORES)?;
    let products = importer.graph.scaled(origin, scale, products, vec![])?;

    // Truth values say what is seen; numbers are added.
    let mut masked = products;
    let mut seen: Option<LayerId> = None;
    if node.optional(3).is_some() {
        let mut mask = importer.input(node, 3)?;
        if has_lengths {
            mask = importer.lengthened(origin, mask, keys)?;
        }
        match node.element(3)? {
            Element::Bool => seen = Some(mask),
            _ => {
                let to = common_shape(&[&scores_shape, importer.graph.shape(mask)])?;
                if to != scores_shape {
                    return refuse(format!(
                        "a mask of shape {:?} for scores of shape {scores_shape:?}",
                        importer.graph.shape(mask)
                    ));
                }
                let steps = broadcast(importer.graph.shape(mask), &scores_shape)?;
                let terms = vec![
                    importer.graph.summand(1.0, products, vec![])?,
                    importer.graph.summand(1.0, mask, steps)?,
                ];
                masked = importer.graph.sum(origin, terms);
            }
        }
    }
    if has_lengths {
        let within = importer.within_lengths(node, 6, [batch, keys])?;
        seen = Some(match seen {
            None => within,
            Some(mask) => importer.both_seen(origin, mask, within)?,
        });
    }
    if node.flag("is_causal", false) {
        if queries == 1 && past > 0 && keys != past + 1 {
            return refuse(format!(
                "`is_causal` for one query beside {} new keys after {past} past ones: the standard hides all but the first of them, onnxruntime none; leave it out, or give a mask",
                keys - past
            ));
        }
        let pairs = (0..queries).flat_map(|q| (0..keys).map(move |k| k <= q + past));
        let pairs = pairs.map(|seen| f32::from(u8::from(seen))).collect();
        let causal = importer
            .graph
            .add_constant(origin, vec![queries, keys], pairs);
        seen = Some(match seen {
            None => causal,
            Some(mask) => importer.both_seen(origin, mask, causal)?,
        });
    }
    let mut capped = masked;
    if let Some(cap) = node.float("softcap").filter(|&cap| cap != 0.0) {
        if seen.is_some() || node.optional(3).is_some() {
            return refuse(
                "`softcap` beside a mask: versions of the standard differ in which comes first, and so do runtimes; export it written out",
            );
        }
        let relative = importer.graph.scaled(origin, 1.0 / cap, capped, vec![])?;
        let squashed = importer.function(origin, relative, Function::Tanh)?;
        capped = importer.graph.scaled(origin, cap, squashed, vec![])?;
    }
    if let Some(seen) = seen {
        let place = Place {
            origin,
            to: &scores_shape,
            owned: &[],
        };
        let never = importer
            .graph
            .add_constant(origin, vec![1; 4], vec![-INFINITY]);
        masked = importer.select(&place, [seen, masked, never])?;
        capped = masked;
    }
    let weights = importer.softmax(origin, capped, &[3], false)?;
    let to = [batch, count, queries, value_shape[3]];
    let mut result = product(importer, origin, [weights, value], &to, &WEIGHTED)?;
    if is_merged {
        let order = vec![Step::Permute(vec![0, 2, 1, 3])];
        result = importer.graph.view(origin, result, order)?;
        let steps = reshape(
            0,
            &[batch, queries, count, value_shape[3]],
            &[batch, queries, count * value_shape[3]],
        );
        result = importer.graph.view(origin, result, steps)?;
    }
    let mode = node.int_or("qk_matmul_output_mode", 0);
    let is_masked =
        [3, 6].iter().any(|&input| node.optional(input).is_some()) || node.flag("is_causal", false);
    let is_capped = node.float("softcap").is_some_and(|cap| cap != 0.0);
    if node.wants(3) && (matches!(mode, 1 | 2) && is_masked || mode == 1 && is_capped) {
        return refuse(format!(
            "`qk_matmul_output_mode` {mode} beside a mask, lengths of what is not padding, or `softcap`: versions of the standard and runtimes differ in what it shows; leave that output out"
        ));
    }
    let scores = match mode {
        0 => products,
        1 => masked,
        2 => capped,
        3 => weights,
        other => return refuse(format!("its attribute `qk_matmul_output_mode` is {other}")),
    };
    let outputs = [result, present[0], present[1], scores].into_iter();
    Ok(outputs
        .map(|layer| Value::computed(layer, element))
        .collect())
}

impl Importer<'_> {
    /// What two masks of truth values both let through.
    fn both_seen(&mut self, origin: &str, left: LayerId, right: LayerId) -> Imported<LayerId> {
        let to = common_shape(&[self.graph.shape(left), self.graph.shape(right)])?;
        let place = Place {
            origin,
            to: &to,
            owned: &[],
        };
        self.binary(&place, Arithmetic::And, left, right)
    }

    /// A mask with zeros for keys beyond its own: those lie behind the padding anyway.
    fn lengthened(&mut self, origin: &str, mask: LayerId, keys: usize) -> Imported<LayerId> {
        let shape = self.graph.shape(mask).to_vec();
        let Some((&own, _)) = shape.split_last() else {
            return Ok(mask);
        };
        if own == keys || own == 1 || own > keys {
            return Ok(mask);
        }
        let index = (0..keys).map(|key| u32::try_from(key).ok().filter(|_| key < own));
        let gather = Step::Gather {
            axis: shape.len() - 1,
            source: own,
            index: index.collect(),
        };
        Ok(self.graph.view(origin, mask, vec![gather])?)
    }

    /// Which keys come before the padding of their sample, `[batch, 1, 1, keys]`.
    fn within_lengths(
        &mut self,
        node: &Node<'_>,
        position: usize,
        [batch, keys]: [usize; 2],
    ) -> Imported<LayerId> {
        let origin = &node.origin;
        let lengths = self.input(node, position)?;
        if self.graph.shape(lengths) != [batch] {
            return refuse(format!(
                "lengths of shape {:?} for {batch} samples",
                self.graph.shape(lengths)
            ));
        }
        let one = |axis| Step::Insert { axis, len: 1 };
        let lengths = self
            .graph
            .view(origin, lengths, vec![one(1), one(2), one(3)])?;
        let numbers = (0..keys).map(|key| key as f32).collect();
        let numbers = self
            .graph
            .add_constant(origin, vec![1, 1, 1, keys], numbers);
        let to = [batch, 1, 1, keys];
        let place = Place {
            origin,
            to: &to,
            owned: &[],
        };
        let is_less = Arithmetic::Compare(Comparison::Less);
        self.binary(&place, is_less, numbers, lengths)
    }
}

/// An input as `[batch, heads, length, size]`; one of three axes has its heads merged.
fn heads(
    importer: &mut Importer<'_>,
    node: &Node<'_>,
    position: usize,
    attribute: &str,
) -> Imported<LayerId> {
    let layer = importer.input(node, position)?;
    let shape = importer.graph.shape(layer).to_vec();
    let [batch, length, hidden] = shape[..] else {
        return match shape.len() {
            4 => Ok(layer),
            _ => refuse(format!(
                "its input {position} has the shape {shape:?}; expected 3 or 4 axes"
            )),
        };
    };
    let count = node.int(attribute).and_then(|n| usize::try_from(n).ok());
    let Some(count) = count.filter(|&n| n > 0 && hidden % n == 0) else {
        return refuse(format!(
            "a tensor of three axes, which the attribute `{attribute}` does not cut into heads"
        ));
    };
    let mut steps = reshape(0, &shape, &[batch, length, count, hidden / count]);
    steps.push(Step::Permute(vec![0, 2, 1, 3]));
    Ok(importer.graph.view(&node.origin, layer, steps)?)
}

/// What was before, followed by what is new, along the axis of keys.
fn joined(
    importer: &mut Importer<'_>,
    origin: &str,
    before: LayerId,
    new: LayerId,
) -> Imported<LayerId> {
    let (old, fresh) = (importer.graph.shape(before), importer.graph.shape(new));
    let same = |axis: usize| old.get(axis) == fresh.get(axis);
    if old.len() != 4 || ![0, 1, 3].into_iter().all(same) {
        return refuse(format!(
            "keys or values of shape {old:?} before such of shape {fresh:?}"
        ));
    }
    importer.joined(origin, &[before, new], 2)
}

/// Each head as often as there are heads of the query to it.
fn repeated(
    importer: &mut Importer<'_>,
    origin: &str,
    source: LayerId,
    count: usize,
) -> Imported<LayerId> {
    let own = importer.graph.shape(source).get(1).copied().unwrap_or(0);
    if own == count {
        return Ok(source);
    }
    if own == 0 || !count.is_multiple_of(own) {
        return refuse(format!(
            "{count} heads of the query for {own} of keys or values"
        ));
    }
    let index = (0..count).map(|head| u32::try_from(head / (count / own)).ok());
    let gather = Step::Gather {
        axis: 1,
        source: own,
        index: index.collect(),
    };
    Ok(importer.graph.view(origin, source, vec![gather])?)
}

fn product(
    importer: &mut Importer<'_>,
    origin: &str,
    [left, right]: [LayerId; 2],
    to: &[usize],
    axes: &[(Option<usize>, Option<usize>, Option<usize>)],
) -> Imported<LayerId> {
    let labels = axes.iter().map(|&(left, right, output)| Label {
        left,
        right,
        output,
    });
    let labels: Vec<Label> = labels.collect();
    let place = Place {
        origin,
        to,
        owned: &[],
    };
    importer.labelled_product(&place, left, right, &labels)
}
