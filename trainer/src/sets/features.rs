//! What is measured of every clip of a set, before anything is fitted; kept in a cache beside the report. Worker threads measure.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use engine::pack::hex_sha256;
use engine::texture::Statistics;
use tch::{Kind, Tensor};

use super::clips::{Clip, ClipSet};
use super::reading::{Format, read};
use super::rule::Figures;
use super::scattering::Scattering;
use super::spectra::{Analysis, BANDS, Spectra};
use super::stat::statistics;
use crate::eval::parallel::parallel_map_on;
use crate::files::write_atomically;

/// Version of everything that is computed here: part of the cache's names and of reports.
pub const VERSION: u32 = 1;
/// Frames of the pictures that networks see.
pub const PICTURE_FRAMES: usize = 128;
/// Clips that are measured between two looks at the memory: their numbers are packed into tensors.
const CHUNK: usize = 256;

/// A set of clips, measured.
#[derive(Debug)]
pub struct Features {
    /// Name of the set.
    pub name: String,
    /// Those that could be read, in the order of the rows below.
    pub clips: Vec<Clip>,
    /// `[clip, statistic]`.
    pub stat: Tensor,
    /// `[clip, statistic]`.
    pub texture: Tensor,
    /// `[clip, coefficient]`.
    pub scattering: Tensor,
    /// Mel levels in dB over the whole clip, `[clip, band, frame]`, 16 bits.
    pub pictures: Tensor,
    /// Simple figures of each clip.
    pub figures: Vec<Figures>,
    /// What was left out, one line each.
    pub left_out: Vec<String>,
}

/// Values of one clip.
struct Row {
    stat: Vec<f32>,
    texture: Vec<f32>,
    scattering: Vec<f32>,
    picture: Vec<f32>,
    figures: Figures,
}

struct Tools {
    analysis: Analysis,
    scattering: Scattering,
}

impl Features {
    /// Measures a set, or takes what was measured before from the folder `cache`.
    ///
    /// # Errors
    /// No clip can be read, or the cache cannot be written.
    pub fn of(set: &ClipSet, format: &Format, threads: usize, cache: &Path) -> Result<Self> {
        let identity = format!("{VERSION} {format:?} {}", set.id);
        let path = cache.join(format!("{}.safetensors", &hex_sha256(identity.as_bytes())[..24]));
        if let Some(found) = load(&path, set) {
            return Ok(found);
        }
        let (made, kept) = Self::measure(set, format, threads)?;
        fs::create_dir_all(cache).with_context(|| format!("cannot make the folder {}", cache.display()))?;
        made.save(&path, &kept)?;
        Ok(made)
    }

    /// Also gives the places in the set of the clips that could be read.
    fn measure(set: &ClipSet, format: &Format, threads: usize) -> Result<(Self, Vec<i64>)> {
        let make = || Ok(Tools { analysis: Analysis::new(format), scattering: Scattering::new(format) });
        let work = |tools: &mut Tools, clip: &Clip| {
            Ok(row(tools, set, clip, format).map_err(|error| format!("{}: {error:#}", clip.name())))
        };
        let rows = parallel_map_on(threads, &set.name, &set.clips, make, work)?;
        let mut left_out = set.left_out.clone();
        let (mut clips, mut kept, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for (place, (clip, row)) in set.clips.iter().zip(rows).enumerate() {
            match row {
                Ok(row) => {
                    clips.push(clip.clone());
                    kept.push(row);
                    places.push(place as i64);
                }
                Err(why) => left_out.push(why),
            }
        }
        ensure!(!kept.is_empty(), "the set {}: none of its clips can be read ({})", set.name, left_out.join("; "));
        let made = Self {
            name: set.name.clone(),
            clips,
            stat: stacked(&kept, |row| &row.stat),
            texture: stacked(&kept, |row| &row.texture),
            scattering: stacked(&kept, |row| &row.scattering),
            pictures: stacked(&kept, |row| &row.picture)
                .view([kept.len() as i64, BANDS as i64, PICTURE_FRAMES as i64])
                .to_kind(Kind::Half),
            figures: kept.iter().map(|row| row.figures).collect(),
            left_out,
        };
        Ok((made, places))
    }

    /// Number of clips.
    pub fn len(&self) -> usize {
        self.clips.len()
    }

    /// The rows of some clips.
    pub fn select(&self, name: &str, rows: &[usize]) -> Self {
        let index = Tensor::from_slice(&rows.iter().map(|row| *row as i64).collect::<Vec<_>>());
        let pick = |tensor: &Tensor| tensor.index_select(0, &index);
        Self {
            name: name.to_owned(),
            clips: rows.iter().map(|row| self.clips[*row].clone()).collect(),
            stat: pick(&self.stat),
            texture: pick(&self.texture),
            scattering: pick(&self.scattering),
            pictures: pick(&self.pictures),
            figures: rows.iter().map(|row| self.figures[*row]).collect(),
            left_out: Vec::new(),
        }
    }

    /// The rows of several sets, one after the other.
    pub fn joined(name: &str, parts: &[Self]) -> Self {
        let cat = |pick: fn(&Self) -> &Tensor| Tensor::cat(&parts.iter().map(pick).collect::<Vec<_>>(), 0);
        Self {
            name: name.to_owned(),
            clips: parts.iter().flat_map(|part| part.clips.iter().cloned()).collect(),
            stat: cat(|part| &part.stat),
            texture: cat(|part| &part.texture),
            scattering: cat(|part| &part.scattering),
            pictures: cat(|part| &part.pictures),
            figures: parts.iter().flat_map(|part| part.figures.iter().copied()).collect(),
            left_out: Vec::new(),
        }
    }

    /// The rows of the clips that `wanted` holds for.
    pub fn filter(&self, name: &str, wanted: impl Fn(&Clip) -> bool) -> Self {
        let rows: Vec<usize> = (0..self.len()).filter(|row| wanted(&self.clips[*row])).collect();
        self.select(name, &rows)
    }

    fn save(&self, path: &Path, kept: &[i64]) -> Result<()> {
        let values: Vec<f64> = self.figures.iter().flat_map(|figures| figures.values()).collect();
        let named = [
            ("stat", self.stat.shallow_clone()),
            ("texture", self.texture.shallow_clone()),
            ("scattering", self.scattering.shallow_clone()),
            ("pictures", self.pictures.shallow_clone()),
            ("figures", Tensor::from_slice(&values).view([self.len() as i64, Figures::VALUES as i64])),
            ("kept", Tensor::from_slice(kept)),
            ("left_out", Tensor::from_slice(self.left_out.join("\n").as_bytes())),
        ];
        save_tensors(path, &named)
    }
}

/// Writes named tensors so that a reader sees all of them or none.
///
/// # Errors
/// The file cannot be written.
pub fn save_tensors(path: &Path, named: &[(&str, Tensor)]) -> Result<()> {
    let place = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
    Tensor::write_safetensors(named, place.path())?;
    write_atomically(path, &fs::read(place.path()).context("cannot read a temporary file")?)
}

/// What the cache holds of a set; nothing if it is absent or of no use.
fn load(path: &Path, set: &ClipSet) -> Option<Features> {
    let named = Tensor::read_safetensors(path).ok()?;
    let find = |name: &str| named.iter().find(|(other, _)| other == name).map(|(_, tensor)| tensor.shallow_clone());
    let kept = Vec::<i64>::try_from(find("kept")?).ok()?;
    let values = Vec::<f64>::try_from(find("figures")?.reshape(-1)).ok()?;
    let clips =
        kept.iter().map(|index| set.clips.get(usize::try_from(*index).ok()?).cloned()).collect::<Option<Vec<_>>>()?;
    let text = String::from_utf8(Vec::<u8>::try_from(find("left_out")?).ok()?).ok()?;
    Some(Features {
        name: set.name.clone(),
        clips,
        stat: find("stat")?,
        texture: find("texture")?,
        scattering: find("scattering")?,
        pictures: find("pictures")?,
        figures: values.chunks_exact(Figures::VALUES).map(Figures::of_values).collect::<Option<Vec<_>>>()?,
        left_out: text.lines().map(str::to_owned).collect(),
    })
}

fn stacked(rows: &[Row], pick: impl Fn(&Row) -> &Vec<f32>) -> Tensor {
    let parts = rows.chunks(CHUNK).map(|rows| {
        let values: Vec<f32> = rows.iter().flat_map(|row| pick(row).iter().copied()).collect();
        Tensor::from_slice(&values).view([rows.len() as i64, -1])
    });
    Tensor::cat(&parts.collect::<Vec<_>>(), 0)
}

fn row(tools: &mut Tools, set: &ClipSet, clip: &Clip, format: &Format) -> Result<Row> {
    let sound = read(set, clip, format)?;
    let spectra = tools.analysis.spectra(&sound.compared);
    let texture = Statistics::of(&sound.compared, format.rate_hz);
    // Kurtosis and variance have long tails.
    let logarithm = |class: usize| class == 1 || class == 3;
    let classes = texture.classes.iter().enumerate();
    let texture = classes.flat_map(|(class, values)| {
        values.iter().map(move |value| (if logarithm(class) { (value + 1e-3).ln() } else { *value }) as f32)
    });
    Ok(Row {
        stat: statistics(&spectra),
        texture: texture.collect(),
        scattering: tools.scattering.coefficients(&sound.compared),
        picture: picture(&spectra),
        figures: Figures::new(&sound, &spectra, format),
    })
}

/// Mel levels over a fixed number of frames, `[band][frame]`: means where the clip has more, the nearest where it has fewer.
fn picture(spectra: &Spectra) -> Vec<f32> {
    let count = spectra.levels_db.len();
    let mut out = vec![0.0; BANDS * PICTURE_FRAMES];
    for frame in 0..PICTURE_FRAMES {
        let from = (frame * count / PICTURE_FRAMES).min(count.saturating_sub(1));
        let to = ((frame + 1) * count / PICTURE_FRAMES).clamp(from + 1, count.max(from + 1));
        for band in 0..BANDS {
            let sum: f32 = spectra.levels_db[from..to].iter().map(|levels| levels[band]).sum();
            out[band * PICTURE_FRAMES + frame] = sum / (to - from) as f32;
        }
    }
    out
}
