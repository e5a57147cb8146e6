//! Generators that are made once in a process.
//!
//! A generator takes longer to hash to the curve than anything else that is done with it. A key, every opening of a tensor and every proof of a
//! process need the same ones, and the first of many are those of few.

use crate::rows::LONGEST;
use inferproof_argument::curve::Profile;
use inferproof_argument::generators::Generators;
use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many of a curve are kept at most: those of the longest rows that a model has. What a key of somebody else's demands beyond that is made
/// for it and dropped with it.
pub(crate) const KEPT: usize = 1 << LONGEST;

/// Of each curve that was asked for.
static MADE: Mutex<Vec<Arc<dyn Any + Send + Sync>>> = Mutex::new(Vec::new());

/// At least so many generators.
pub(crate) fn generators<P: Profile>(count: usize) -> Arc<Generators<P>> {
    if let Some(known) = kept::<P>().filter(|known| known.g.len() >= count) {
        return known;
    }
    // Not under the lock: a thread that waits for others' work may be given work that asks for generators.
    let more = Arc::new(Generators::<P>::new(count));
    if count <= KEPT {
        let fewer = |any: &Arc<dyn Any + Send + Sync>| {
            let known = any.downcast_ref::<Generators<P>>();
            known.is_some_and(|known| known.g.len() <= count)
        };
        let mut made = list();
        made.retain(|any| !fewer(any));
        made.push(more.clone());
    }
    more
}

/// The most that are kept of a curve.
fn kept<P: Profile>() -> Option<Arc<Generators<P>>> {
    let made = list();
    let known = made.iter().filter_map(|any| any.clone().downcast().ok());
    known.max_by_key(|known: &Arc<Generators<P>>| known.g.len())
}

/// A thread that panicked while it held the lock left a list that is whole all the same.
fn list() -> MutexGuard<'static, Vec<Arc<dyn Any + Send + Sync>>> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bn254, Grumpkin};

    #[test]
    fn they_are_those_of_their_curve_and_made_once() {
        let few = generators::<Grumpkin>(3);
        let more = generators::<Grumpkin>(40);
        assert!(few.g.len() >= 3 && more.g.len() >= 40);
        assert_eq!(more.g[..40], Generators::<Grumpkin>::new(40).g[..]);
        assert_eq!(few.g[..3], more.g[..3]);
        let other = generators::<Bn254>(40);
        assert_eq!(other.g[..40], Generators::<Bn254>::new(40).g[..]);
        // Of as many, there are the same ones, or more if another test asked for more meanwhile.
        let again = generators::<Grumpkin>(40);
        assert!(Arc::ptr_eq(&again, &more) || again.g.len() > more.g.len());
        // What is beyond the rows of any model is not kept.
        let many = generators::<Bn254>(KEPT + 1);
        assert_eq!(many.g.len(), KEPT + 1);
        assert!(generators::<Bn254>(1).g.len() <= KEPT);
    }
}
