//! The public side of a model: architecture, commitment, range proofs.

use crate::Digest;
use crate::encoding::{DecodeError, Kind, decode, encode};
use crate::statement::Statement;
use crate::visible::Visible;
use inferproof_argument::curve::{
    COORDINATES_BYTES, Point, Profile, decode_coordinates, encode_coordinates,
};
use inferproof_program::{Program, ValidProgram};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// What is public of a model besides the commitment: the program, whether the weights are shown, and the length of rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Architecture {
    /// The integer program, without weights.
    pub program: ValidProgram,
    /// Whether the commitment to the weights is one that anybody who has them can recompute.
    pub weights: Visible,
    /// Rows have `2^row_bits` entries.
    pub row_bits: u32,
}

impl Architecture {
    /// A digest of all of it: every scale, table, shape and layout.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let bytes = postcard::to_allocvec(self).unwrap_or_default();
        *blake3::Hasher::new_derive_key("inferproof architecture 3")
            .update(&bytes)
            .finalize()
            .as_bytes()
    }
}

/// What a verifier needs of a model.
#[derive(Clone, Debug)]
pub struct VerifyingKey<P: Profile> {
    /// The program.
    pub architecture: Architecture,
    /// Row commitments of every weight tensor, in the program's order.
    pub commitments: Vec<Vec<Point<P>>>,
    /// The one-time proofs that every weight is in its declared range.
    pub range_proofs: Vec<Vec<u8>>,
    /// A digest of the card that describes the model to people. It is beside the model: the id does not depend on it.
    pub card: Option<Digest>,
}

/// What is encoded, and [`DecodedBody`] what is read again: a program that has yet to be validated.
#[derive(Serialize)]
struct Body<'a> {
    architecture: &'a Architecture,
    commitments: Vec<ByteBuf>,
    range_proofs: Vec<ByteBuf>,
    card: Option<Digest>,
}

#[derive(Serialize, Deserialize)]
struct DecodedBody {
    architecture: DecodedArchitecture,
    commitments: Vec<ByteBuf>,
    range_proofs: Vec<ByteBuf>,
    card: Option<Digest>,
}

#[derive(Serialize, Deserialize)]
struct DecodedArchitecture {
    program: Program,
    weights: Visible,
    row_bits: u32,
}

impl<P: Profile> VerifyingKey<P> {
    /// The plain statement of the model: it was run on one sample, and its inputs and outputs are all public.
    #[must_use]
    pub fn statement(&self, context: &[u8]) -> Statement {
        let program = &self.architecture.program;
        Statement::plain(program, self.model_id(), self.range_proof_id(), context)
    }

    /// The model's published identifier: a digest of curve, architecture and commitment.
    #[must_use]
    pub fn model_id(&self) -> Digest {
        let mut hasher = blake3::Hasher::new_derive_key("inferproof model id 1");
        hasher.update(&[P::ID]);
        hasher.update(&self.architecture.digest());
        for rows in &self.commitments {
            hasher.update(&(rows.len() as u64).to_le_bytes());
            for point in rows {
                hasher.update(&encode_coordinates::<P>(point));
            }
        }
        *hasher.finalize().as_bytes()
    }

    /// A digest of the range proofs, which every proof of inference binds.
    #[must_use]
    pub fn range_proof_id(&self) -> Digest {
        let mut hasher = blake3::Hasher::new_derive_key("inferproof range proofs 1");
        for proof in &self.range_proofs {
            hasher.update(&(proof.len() as u64).to_le_bytes());
            hasher.update(proof);
        }
        *hasher.finalize().as_bytes()
    }

    /// The file `verifying.key`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let body = Body {
            architecture: &self.architecture,
            commitments: self
                .commitments
                .iter()
                .map(|rows| {
                    let bytes = rows.iter().flat_map(|p| encode_coordinates::<P>(p));
                    ByteBuf::from(bytes.collect::<Vec<u8>>())
                })
                .collect(),
            range_proofs: self
                .range_proofs
                .iter()
                .cloned()
                .map(ByteBuf::from)
                .collect(),
            card: self.card,
        };
        encode(Kind::Key, P::ID, &body)
    }

    /// Reads a key. Points are checked to be on the curve, and the program to be well formed; what it demands and the range proofs are
    /// checked by [`crate::Verifier`].
    ///
    /// # Errors
    /// If the bytes are not a key on this curve.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let body: DecodedBody = decode(Kind::Key, P::ID, bytes)?;
        let DecodedArchitecture {
            program,
            weights,
            row_bits,
        } = body.architecture;
        let architecture = Architecture {
            program: program.validated()?,
            weights,
            row_bits,
        };
        let commitments = body
            .commitments
            .iter()
            .map(|bytes| {
                let (chunks, rest) = bytes.as_chunks::<COORDINATES_BYTES>();
                if !rest.is_empty() {
                    return Err(DecodeError::Damaged("a commitment is cut short"));
                }
                let points = chunks.iter().map(|c| {
                    decode_coordinates::<P>(c)
                        .map_err(|_| DecodeError::Damaged("a commitment is no point of the curve"))
                });
                points.collect()
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            architecture,
            commitments,
            range_proofs: body
                .range_proofs
                .into_iter()
                .map(ByteBuf::into_vec)
                .collect(),
            card: body.card,
        })
    }
}
