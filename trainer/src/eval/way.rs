//! The ways in which a sound is made again before it is compared with itself.

use std::collections::HashMap;

use anyhow::Result;
use engine::decode::{Pipeline, Shaping};
use engine::pack::Pack;
use engine::residual::add;
use engine::units::Latent;

use crate::corpus::Item;

/// How a sound is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Its own frames, through the vocoder.
    Frames,
    /// Its own latent point, decoded at its key.
    Latent,
    /// The same with what the point leaves out, as an imported sound has it.
    Residual,
    /// The pack's named sound of its name, decoded at its key.
    Named,
}

impl Way {
    /// Every way, in the order of reports.
    pub const ALL: [Self; 4] = [Self::Frames, Self::Latent, Self::Residual, Self::Named];

    /// What a report calls it.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Frames => "true frames → audio",
            Self::Latent => "seven latents → audio",
            Self::Residual => "latents + residual → audio",
            Self::Named => "named sound → audio",
        }
    }
}

/// Points of a pack's named sounds by name.
pub type NamedPoints = HashMap<String, Latent>;

/// The named sounds of a pack.
pub fn named_points(pack: &Pack) -> NamedPoints {
    pack.manifest().sounds.iter().map(|sound| (sound.name.clone(), sound.latent)).collect()
}

/// Makes a sound of the corpus again; `None` when the way does not know it.
pub fn remake(
    pipeline: &mut Pipeline,
    way: Way,
    item: &Item,
    truth: &[f32],
    named: &NamedPoints,
) -> Result<Option<Vec<f32>>> {
    let key = f32::from(item.key);
    Ok(match way {
        Way::Frames => {
            let frames = pipeline.analyse(truth);
            Some(pipeline.vocode(&frames, key)?)
        }
        Way::Latent => {
            let latent = pipeline.place(truth, key)?;
            Some(pipeline.decode(&latent, key, &Shaping::default())?)
        }
        Way::Residual => {
            let latent = pipeline.place(truth, key)?;
            let residual = pipeline.residual(truth, &latent, key)?;
            let mut frames = pipeline.decode_frames(&latent, key)?;
            add(&mut frames, &residual.difference(), 1.0, pipeline.model().shape());
            Some(pipeline.vocode(&frames, key)?)
        }
        Way::Named => match named.get(&item.name) {
            Some(latent) => Some(pipeline.decode(latent, key, &Shaping::default())?),
            None => None,
        },
    })
}
