//! The honest prover's phases: each computes its messages from what the phase before left.

use crate::closing::Opened;
use crate::curve::{Profile, Scalar};
use crate::error::ProveError;
use crate::multilinear::dot;
use crate::prover::arrays::Arrays;
use crate::prover::contraction::{self, FoldedRight};
use crate::prover::merge::{self, FoldedPiece};
use crate::prover::positions::Positions;
use crate::prover::sender::{Sender, Stages};
use crate::prover::tree::Tree;
use crate::prover::{Opener, Stage};
use crate::script::Outcome;
use crate::script::claims::{ContractionClaim, TensorClaim, same_weights};
use crate::script::party::{ContractionParty, Layer, LookupParty, OpeningParty, TreeParty};
use inferproof_relations::Relations;
use rayon::prelude::*;
use std::borrow::Cow;
use zeroize::Zeroizing;

/// What all phases of the prover need.
pub(crate) struct Secrets<'a, P: Profile> {
    pub relations: &'a Relations,
    pub arrays: Arrays<'a, Scalar<P>>,
    /// For each committed tensor, a blinder for each of its rows.
    pub blinders: Vec<Cow<'a, Zeroizing<Vec<Scalar<P>>>>>,
    pub progress: Stages<'a>,
}

impl<P: Profile> Secrets<'_, P> {
    /// The pieces of claims, each folded. `folded_right` is what the contractions' sumcheck has folded already.
    fn fold_claims(
        &self,
        claims: &[TensorClaim<Scalar<P>>],
        folded_right: &[Option<FoldedRight<Scalar<P>>>],
    ) -> Vec<FoldedPiece<Scalar<P>>> {
        let (tensors, arrays) = (&self.relations.parts().tensors, &self.arrays);
        let (mut kept, mut others) = (Vec::new(), Vec::new());
        for claim in claims {
            let folded = claim.right_operand_of.and_then(|i| folded_right.get(i));
            match folded.and_then(Option::as_ref) {
                Some(folded) => kept.push((claim, folded)),
                None => others.push(claim),
            }
        }
        let classes = same_weights(others, tensors);
        let others = classes
            .par_iter()
            .flat_map_iter(|class| merge::fold_class(class, |tensor| arrays.committed(tensor)));
        let kept = kept.par_iter().flat_map_iter(|(claim, folded)| {
            merge::fold_kept(claim, &tensors[claim.tensor].layout, folded)
        });
        others.chain(kept).collect()
    }
}

/// All is committed; the tree comes next.
pub(crate) struct LookupProver<'a, P: Profile> {
    pub secrets: Secrets<'a, P>,
    pub sender: Sender<P>,
    pub multiplicities: Vec<Vec<i64>>,
    pub positions: Vec<Positions>,
}

impl<'a, P: Profile> LookupParty<Scalar<P>> for LookupProver<'a, P> {
    type Error = ProveError;
    type Last = OpenedProver<'a, P>;
    type Tree = TreeProver<'a, P>;

    fn root(
        self,
        alpha: Scalar<P>,
        gamma: Scalar<P>,
    ) -> Result<([Scalar<P>; 4], Self::Tree), ProveError> {
        let Self {
            mut secrets,
            mut sender,
            multiplicities,
            positions,
        } = self;
        secrets.progress.begin(Stage::Lookups)?;
        let tree = Tree::new(secrets.relations, positions, &multiplicities, alpha, gamma);
        let root = sender.send(tree.root());
        let tree = TreeProver {
            secrets,
            sender,
            tree,
        };
        Ok((root, tree))
    }
}

/// The tree is made, and one layer after the other is proven.
pub(crate) struct TreeProver<'a, P: Profile> {
    secrets: Secrets<'a, P>,
    sender: Sender<P>,
    tree: Tree<Scalar<P>>,
}

impl<'a, P: Profile> TreeParty<Scalar<P>> for TreeProver<'a, P> {
    type Error = ProveError;
    type Last = OpenedProver<'a, P>;
    type Contractions = ContractionProver<'a, P>;

    fn round(
        &mut self,
        layer: &Layer<'_, Scalar<P>>,
        point: &[Scalar<P>],
    ) -> Result<[Scalar<P>; 2], ProveError> {
        let round = self
            .tree
            .round(layer.number, layer.lambda, layer.target, point);
        Ok(self.sender.send(round))
    }

    fn values(&mut self, point: &[Scalar<P>]) -> Result<[Scalar<P>; 4], ProveError> {
        let values = self.tree.values(point);
        Ok(self.sender.send(values))
    }

    fn claims(
        self,
        direct: &[TensorClaim<Scalar<P>>],
        contractions: &[ContractionClaim<Scalar<P>>],
    ) -> Result<Self::Contractions, ProveError> {
        let Self {
            mut secrets,
            sender,
            tree,
        } = self;
        drop(tree);
        if !contractions.is_empty() {
            secrets.progress.begin(Stage::Contractions)?;
        }
        let pieces = secrets.fold_claims(direct, &[]);
        let sumcheck =
            contraction::Sumcheck::new::<P>(secrets.relations, &secrets.arrays, contractions);
        Ok(ContractionProver {
            secrets,
            sender,
            sumcheck,
            direct: direct.len(),
            pieces,
        })
    }
}

/// The merged claim is known; the contractions' sumcheck is under way.
pub(crate) struct ContractionProver<'a, P: Profile> {
    secrets: Secrets<'a, P>,
    sender: Sender<P>,
    sumcheck: contraction::Sumcheck<Scalar<P>>,
    /// How many direct claims there are, and their pieces.
    direct: usize,
    pieces: Vec<FoldedPiece<Scalar<P>>>,
}

impl<'a, P: Profile> ContractionParty<Scalar<P>> for ContractionProver<'a, P> {
    type Error = ProveError;
    type Last = OpenedProver<'a, P>;
    type Opening = OpeningProver<'a, P>;

    fn direct(&mut self) -> Result<Scalar<P>, ProveError> {
        let value = |piece: &FoldedPiece<_>| piece.weight * dot(&piece.column, &piece.folded);
        let [sent] = self.sender.send([self.pieces.iter().map(value).sum()]);
        Ok(sent)
    }

    fn round(&mut self, point: &[Scalar<P>]) -> Result<[Scalar<P>; 2], ProveError> {
        let rounds = self.secrets.relations.contraction_rounds();
        let round = self
            .sumcheck
            .round(rounds - point.len(), point.last().copied());
        Ok(self.sender.send(round))
    }

    fn operands(&mut self, point: &[Scalar<P>], _: usize) -> Result<Vec<Scalar<P>>, ProveError> {
        let values = self.sumcheck.operands(point.last().copied());
        Ok(self.sender.send_all(values))
    }

    fn open(self, claims: &[TensorClaim<Scalar<P>>]) -> Result<Self::Opening, ProveError> {
        let Self {
            mut secrets,
            sender,
            sumcheck,
            direct,
            mut pieces,
        } = self;
        secrets.progress.begin(Stage::Open)?;
        // The direct claim comes first, under the power 1: its pieces are what they were.
        let rest = claims.get(direct..).unwrap_or_default();
        pieces.extend(secrets.fold_claims(rest, &sumcheck.folded_right));
        let pieces = merge::by_column(pieces);
        let sumcheck = merge::Sumcheck::new(&pieces, secrets.relations.parts().c);
        Ok(OpeningProver {
            secrets,
            sender,
            pieces,
            sumcheck,
        })
    }
}

/// All claims are on committed tensors, and are merged into the value of one vector.
pub(crate) struct OpeningProver<'a, P: Profile> {
    secrets: Secrets<'a, P>,
    sender: Sender<P>,
    pieces: Vec<FoldedPiece<Scalar<P>>>,
    sumcheck: merge::Sumcheck<Scalar<P>>,
}

impl<'a, P: Profile> OpeningParty<Scalar<P>> for OpeningProver<'a, P> {
    type Error = ProveError;
    type Last = OpenedProver<'a, P>;

    fn round(&mut self, point: &[Scalar<P>]) -> Result<[Scalar<P>; 2], ProveError> {
        let round = self.sumcheck.round(point.last().copied());
        Ok(self.sender.send(round))
    }

    fn last(self, point: &[Scalar<P>]) -> Result<Self::Last, ProveError> {
        let Self {
            mut secrets,
            sender,
            pieces,
            ..
        } = self;
        secrets.progress.begin(Stage::Close)?;
        let vector = merge::opened(&pieces, point, secrets.relations.parts().c);
        Ok(OpenedProver {
            secrets,
            sender,
            vector: Zeroizing::new(vector),
        })
    }
}

/// The vector is opened; the closing protocol is left.
pub(crate) struct OpenedProver<'a, P: Profile> {
    secrets: Secrets<'a, P>,
    sender: Sender<P>,
    vector: Zeroizing<Vec<Scalar<P>>>,
}

impl<P: Profile> Opener<P> for OpenedProver<'_, P> {
    fn open(self, outcome: &Outcome<'_, P>) -> Result<(Opened<P>, Vec<u8>), ProveError> {
        let Sender {
            pads,
            pad_blinders,
            messages,
            ..
        } = self.sender;
        let opening = outcome.opening.iter().zip(&self.secrets.blinders);
        let blinder = opening
            .map(|(rows, blinders)| dot(&rows.scalars, blinders))
            .sum();
        let opened = Opened {
            pads,
            pad_blinders,
            vector: self.vector,
            blinder,
        };
        Ok((opened, messages))
    }
}
