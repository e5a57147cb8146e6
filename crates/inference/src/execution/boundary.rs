//! Tensors inside of a program, as people name them: by the name that the model's author gave, with the position behind it where several
//! tensors have one name.

use inferproof_program::{Program, TensorId};

/// There is no tensor of that name, or there are several.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoundaryError {
    /// None.
    #[error(
        "the program has no tensor `{0}`; `inferproof slice plan` lists those that can be boundaries"
    )]
    Unknown(String),
    /// Several.
    #[error("{} tensors are named `{name}`; say which: {}", among.len(), among.join(", "))]
    Ambiguous {
        /// The name.
        name: String,
        /// Their names with positions.
        among: Vec<String>,
    },
}

/// What stands between a name and a position.
const MARK: char = '#';

/// The name by which [`tensor_named`] finds a tensor.
#[must_use]
pub fn name_of(program: &Program, id: TensorId) -> String {
    let Some(tensor) = program.tensor(id) else {
        return format!("{MARK}{}", id.0);
    };
    let name = &tensor.name;
    let is_unique = program.tensors.iter().filter(|t| t.name == *name).count() == 1;
    match is_unique {
        true => name.clone(),
        false => format!("{name}{MARK}{}", id.0),
    }
}

/// The tensor that a name speaks of.
///
/// # Errors
/// If there is none, or several.
pub fn tensor_named(program: &Program, text: &str) -> Result<TensorId, BoundaryError> {
    let ids = (0..).zip(&program.tensors).map(|(id, t)| (TensorId(id), t));
    let mut found: Vec<TensorId> = ids
        .filter(|(_, t)| t.name == text)
        .map(|(id, _)| id)
        .collect();
    // A name may itself end as one with a position does: what could be either is refused.
    if let Some((name, position)) = text.rsplit_once(MARK)
        && let Ok(position) = position.parse()
        && program
            .tensor(TensorId(position))
            .is_some_and(|t| t.name == name)
    {
        found.push(TensorId(position));
    }
    match found.as_slice() {
        [only] => Ok(*only),
        [] => Err(BoundaryError::Unknown(text.to_owned())),
        several => Err(BoundaryError::Ambiguous {
            name: text.to_owned(),
            among: several.iter().map(|&id| name_of(program, id)).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use inferproof_program::Builder;

    #[test]
    fn names_are_found_again() {
        let mut builder = Builder::new();
        let x = builder.input("x", &[1], 0..=1).unwrap();
        for name in ["y", "y", "y#9", "y#1"] {
            let read = builder.read(x, vec![]).unwrap();
            builder.rename(read, name);
        }
        builder.output(x);
        let program = builder.finish().unwrap();
        let ids = [0, 2, 3].map(TensorId);
        for id in ids {
            assert_eq!(tensor_named(&program, &name_of(&program, id)), Ok(id));
        }
        assert_eq!(name_of(&program, TensorId(2)), "y#2");
        assert_eq!(name_of(&program, TensorId(3)), "y#9");
        // The first `y` is `y#1`, which is another tensor's name.
        for text in ["y", "y#1"] {
            let found = tensor_named(&program, text);
            assert!(
                matches!(found, Err(BoundaryError::Ambiguous { .. })),
                "{text}"
            );
        }
        let unknown = tensor_named(&program, "z#1");
        assert_eq!(unknown, Err(BoundaryError::Unknown("z#1".into())));
    }
}
