//! A point of the latent space that has a name: a named sound of a pack, or a sound of a corpus where the encoder puts it. Plain data.

use engine::Latent;

/// A latent point and the name that reports give it.
#[derive(Clone, Debug)]
pub struct NamedPoint {
    /// Name for people.
    pub name: String,
    /// The point, in σ units.
    pub latent: Latent,
}
