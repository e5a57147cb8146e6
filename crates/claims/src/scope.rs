//! The tensors that a claim may speak of.

use crate::ClaimProblem;
use crate::Role;
use crate::quantity::{Function, Place, Quantity};
use crate::text;
use inferproof_program::{Meaning, Program, Tensor, TensorId};

/// The inputs and outputs of a program, by role and place in its lists.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    program: &'a Program,
    /// Whether texts name the role of every tensor, also where its name alone would do.
    with_roles: bool,
}

/// What is known of a quantity without its value.
pub(crate) struct Known {
    /// The least and the greatest value.
    pub low: i128,
    pub high: i128,
    /// What the static bounds of the nodes that compute it reach, in absolute value.
    pub reach: i128,
    /// The unit is `2^-scale_log2`.
    pub scale_log2: i32,
    /// How many entries it is made of.
    pub entries: i128,
}

impl<'a> Scope<'a> {
    /// All inputs and outputs of a program.
    #[must_use]
    pub fn new(program: &'a Program) -> Self {
        Self {
            program,
            with_roles: false,
        }
    }

    /// The same, with the role before every name in texts: such a text means the same about any program that has the tensors in these roles.
    #[must_use]
    pub fn with_roles(self) -> Self {
        Self {
            with_roles: true,
            ..self
        }
    }

    pub(crate) fn ids(&self, role: Role) -> &'a [TensorId] {
        match role {
            Role::Input => &self.program.inputs,
            Role::Output => &self.program.outputs,
        }
    }

    pub(crate) fn id(&self, place: &Place) -> Option<TensorId> {
        let position = usize::try_from(place.position).ok()?;
        self.ids(place.role).get(position).copied()
    }

    pub(crate) fn tensor(&self, place: &Place) -> Option<&'a Tensor> {
        self.program.tensor(self.id(place)?)
    }

    pub(crate) fn meaning(&self, place: &Place) -> Option<&'a Meaning> {
        self.program.meaning(self.id(place)?)
    }

    pub(crate) fn program(&self) -> &'a Program {
        self.program
    }

    /// Whether the tensor's integers mean texts.
    pub(crate) fn has_texts(&self, place: &Place) -> bool {
        self.meaning(place)
            .is_some_and(|meaning| !meaning.categories.is_empty())
    }

    /// The integer that means a missing value.
    pub(crate) fn missing(&self, place: &Place) -> Option<i128> {
        Some(self.meaning(place)?.missing?.into())
    }

    /// Role, place and name of every tensor.
    fn named(&self) -> impl Iterator<Item = (Role, u32, &'a str)> + use<'a> {
        let program = self.program;
        let of = move |role, ids: &'a [TensorId]| {
            let named = (0..).zip(ids);
            named.filter_map(move |(position, id)| {
                Some((role, position, program.tensor(*id)?.name.as_str()))
            })
        };
        let inputs = of(Role::Input, self.ids(Role::Input));
        inputs.chain(of(Role::Output, self.ids(Role::Output)))
    }

    /// The tensor of a name. What is listed twice in one role is one tensor, and its first place stands for it.
    pub(crate) fn find(&self, role: Option<Role>, name: &str) -> Result<(Role, u32), ClaimProblem> {
        let first = |wanted: Role| {
            let mut all = self.named();
            let found = all.find(|&(role, _, known)| role == wanted && known == name);
            found.map(|(role, position, _)| (role, position))
        };
        let found = match role {
            Some(role) => (first(role), None),
            None => (first(Role::Input), first(Role::Output)),
        };
        match found {
            (Some(found), None) | (None, Some(found)) => Ok(found),
            (Some(_), Some(_)) => Err(ClaimProblem::Ambiguous {
                name: text::quoted(name),
            }),
            (None, None) => Err(ClaimProblem::Unknown {
                name: match role {
                    Some(role) => format!("{role}:{}", text::quoted(name)),
                    None => text::quoted(name),
                },
                known: text::list(
                    self.named()
                        .map(|(role, _, name)| format!("{role}:{}", text::quoted(name))),
                ),
            }),
        }
    }

    /// The name by which [`Self::find`] finds a tensor.
    pub(crate) fn name(&self, place: &Place) -> String {
        let Some(tensor) = self.tensor(place) else {
            return format!("{}:{}", place.role, place.position);
        };
        let name = text::quoted(&tensor.name);
        let same = self
            .named()
            .any(|(role, _, other)| role != place.role && other == tensor.name);
        match same || self.with_roles {
            true => format!("{}:{name}", place.role),
            false => name,
        }
    }

    /// Of a place, the entries under it: the first one's position, and how many they are.
    pub(crate) fn entries(&self, place: &Place) -> Option<(usize, usize)> {
        let shape = &self.tensor(place)?.shape;
        let rest = shape.get(place.index.len()..)?;
        let mut first = 0usize;
        for (&index, &len) in place.index.iter().zip(shape) {
            let index = usize::try_from(index).ok().filter(|&index| index < len)?;
            first = first.checked_mul(len)?.checked_add(index)?;
        }
        let count = inferproof_view::volume(rest)?;
        Some((first.checked_mul(count)?, count))
    }

    /// What is known of a quantity; `None` if it does not exist.
    pub(crate) fn known(&self, quantity: &Quantity) -> Option<Known> {
        let tensor = self.tensor(&quantity.of)?;
        let (_, entries) = self.entries(&quantity.of)?;
        let entries = i128::try_from(entries).ok()?;
        let range = tensor.range();
        let (low, high, scale_log2) = match quantity.function {
            Function::Entry | Function::Max | Function::Min => {
                (range.low, range.high, tensor.scale_log2)
            }
            Function::Sum | Function::Mean => (
                range.low.saturating_mul(entries),
                range.high.saturating_mul(entries),
                tensor.scale_log2,
            ),
            // Where all entries are equal, the first is the greatest.
            Function::Argmax => (
                0,
                if range.low == range.high {
                    0
                } else {
                    entries - 1
                },
                0,
            ),
        };
        let reach = match quantity.function {
            // The sum of all indices: that one bit is set alone is not known to static bounds.
            Function::Argmax => entries.saturating_mul(entries),
            Function::Entry | Function::Max | Function::Min | Function::Sum | Function::Mean => {
                low.saturating_abs().max(high.saturating_abs())
            }
        };
        Some(Known {
            low,
            high,
            reach,
            scale_log2,
            entries,
        })
    }
}
