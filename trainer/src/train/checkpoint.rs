//! Checkpoints: a folder per checkpoint, written beside its place and renamed, so that a kill never leaves a half one.
//! The last two are kept; a damaged one is named and the one before it is used.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use engine::pack::hex_sha256;
use serde::{Deserialize, Serialize};
use tch::nn::VarStore;
use tch::{Device, Tensor};

use crate::files::write_atomically;

const STATE_NAME: &str = "state.json";
const TENSORS_NAME: &str = "tensors.safetensors";
const KEPT: usize = 2;

/// What a checkpoint says besides its tensors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    /// Name of the stage.
    pub stage: String,
    /// Steps done.
    pub step: u64,
    /// Time spent in the stage, in seconds.
    pub elapsed_s: f64,
    /// SHA-256 of the tensor file.
    pub tensors_sha256: String,
}

/// Tensors by name.
pub type Tensors = Vec<(String, Tensor)>;

/// Writes a checkpoint of a stage and removes all but the last two.
///
/// # Errors
/// A file cannot be written or an old one cannot be removed.
pub fn save(run: &Path, stage: &str, step: u64, elapsed_s: f64, tensors: &Tensors) -> Result<()> {
    let name = format!("{stage}-{step:08}");
    let temporary = run.join(format!("{name}.tmp"));
    let write = || -> Result<()> {
        fs::create_dir_all(&temporary)?;
        let tensors_path = temporary.join(TENSORS_NAME);
        let tensors = on_cpu(tensors);
        Tensor::write_safetensors(&tensors, &tensors_path)?;
        fs::File::open(&tensors_path)?.sync_all()?;
        let tensors_sha256 = hex_sha256(&fs::read(&tensors_path)?);
        let state = State { stage: stage.to_owned(), step, elapsed_s, tensors_sha256 };
        write_atomically(&temporary.join(STATE_NAME), &serde_json::to_vec_pretty(&state)?)?;
        let place = run.join(&name);
        if place.exists() {
            fs::remove_dir_all(&place)?;
        }
        fs::rename(&temporary, place)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write the checkpoint {name} in {}", run.display()))?;
    for old in list(run, stage)?.iter().rev().skip(KEPT) {
        // An old checkpoint that cannot be removed only costs space.
        let _ = fs::remove_dir_all(old);
    }
    Ok(())
}

fn on_cpu(tensors: &Tensors) -> Tensors {
    tensors.iter().map(|(name, tensor)| (name.clone(), tensor.to_device(Device::Cpu))).collect()
}

/// The newest whole checkpoint of a stage; `None` when there is none at all. A damaged one is named through `warn`, and so is the
/// one that is used instead.
///
/// # Errors
/// Checkpoints exist, but none of them can be read.
pub fn load_latest(run: &Path, stage: &str, warn: &dyn Fn(&str)) -> Result<Option<(State, Tensors)>> {
    let folders = list(run, stage)?;
    let mut damaged = None;
    for folder in folders.iter().rev() {
        match load(folder) {
            Ok(loaded) => {
                if damaged.is_some() {
                    warn(&format!("using the checkpoint before it, {}", folder.display()));
                }
                return Ok(Some(loaded));
            }
            Err(error) => {
                let line = format!("the checkpoint {} is damaged: {error:#}", folder.display());
                damaged = Some(line.lines().next().unwrap_or_default().to_owned());
            }
        }
        if let Some(damaged) = damaged.as_ref().filter(|_| folder != &folders[0]) {
            warn(damaged);
        }
    }
    match damaged {
        Some(damaged) => bail!("{damaged}; there is none before it, so begin again with another run folder"),
        None => Ok(None),
    }
}

fn load(folder: &Path) -> Result<(State, Tensors)> {
    let state: State = serde_json::from_slice(&fs::read(folder.join(STATE_NAME))?)?;
    let tensors_path = folder.join(TENSORS_NAME);
    ensure!(hex_sha256(&fs::read(&tensors_path)?) == state.tensors_sha256, "its tensors do not have the noted hash");
    Ok((state, Tensor::read_safetensors(tensors_path)?))
}

/// Checkpoint folders of a stage, oldest first.
fn list(run: &Path, stage: &str) -> Result<Vec<PathBuf>> {
    let prefix = format!("{stage}-");
    let entries = fs::read_dir(run).with_context(|| format!("cannot read the run folder {}", run.display()))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            name.strip_prefix(&prefix).is_some_and(|step| step.parse::<u64>().is_ok())
        })
        .collect();
    found.sort();
    Ok(found)
}

/// Stores the finished weights of a stage.
///
/// # Errors
/// The file cannot be written.
pub fn save_finished(run: &Path, stage: &str, tensors: &Tensors) -> Result<()> {
    let temporary = run.join(format!("{stage}.safetensors.tmp"));
    let place = finished_path(run, stage);
    let write = || -> Result<()> {
        Tensor::write_safetensors(&on_cpu(tensors), &temporary)?;
        fs::rename(&temporary, &place)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", place.display()))
}

/// Whether a stage is finished.
pub fn is_finished(run: &Path, stage: &str) -> bool {
    finished_path(run, stage).is_file()
}

/// Whether a stage can go on from somewhere.
///
/// # Errors
/// The folder cannot be listed.
pub fn has_any(run: &Path, stage: &str) -> Result<bool> {
    Ok(!list(run, stage)?.is_empty())
}

/// Whether a stage has been worked on.
///
/// # Errors
/// The folder cannot be listed.
pub fn is_begun(run: &Path, stage: &str) -> Result<bool> {
    Ok(is_finished(run, stage) || has_any(run, stage)?)
}

/// Loads the finished weights of a stage into `store`, if it is finished. Damaged ones are named, and the stage then counts as
/// unfinished: it goes on from its last checkpoint.
///
/// # Errors
/// The stored weights cannot be read or do not fit the network.
pub fn adopt_finished(run: &Path, stage: &str, store: &VarStore) -> Result<bool> {
    match read_finished(run, stage) {
        Some(tensors) => adopt(&tensors, store).map(|()| true),
        None => Ok(false),
    }
}

fn read_finished(run: &Path, stage: &str) -> Option<Tensors> {
    let path = finished_path(run, stage);
    match Tensor::read_safetensors(&path) {
        Ok(tensors) => Some(tensors),
        Err(_) if !path.exists() => None,
        Err(error) => {
            let error = error.to_string();
            let reason = error.lines().next().unwrap_or_default();
            let last =
                list(run, stage).ok().and_then(|folders| folders.last().map(|folder| folder.display().to_string()));
            let last =
                last.map_or("there is no checkpoint".to_owned(), |folder| format!("using the checkpoint {folder}"));
            eprintln!("the weights {} are damaged ({reason}); {last}", path.display());
            None
        }
    }
}

/// Loads the averaged weights of a stage into `store`: the finished ones, else those of its newest checkpoint.
/// Returns whether the stage is finished.
///
/// # Errors
/// The weights are missing, damaged or do not fit the network.
pub fn load_finished(run: &Path, stage: &str, store: &VarStore) -> Result<bool> {
    if adopt_finished(run, stage, store)? {
        return Ok(true);
    }
    match load_latest(run, stage, &|warning| eprintln!("{warning}"))? {
        Some((_, tensors)) => adopt(&tensors, store).map(|()| false),
        None => bail!("{} holds no trained {stage}; run `trainer train` first", run.display()),
    }
}

/// Takes the averaged weights of a stage over into `store`.
///
/// # Errors
/// They do not fit the network.
pub fn adopt(tensors: &Tensors, store: &VarStore) -> Result<()> {
    for (name, mut parameter) in store.variables() {
        let value = find(tensors, &format!("average.{name}"), &parameter)?;
        tch::no_grad(|| parameter.copy_(&value));
    }
    Ok(())
}

/// Gives the weights that both stores have by the same name the values of `from`.
///
/// # Errors
/// There is none, or one has another shape.
pub fn copy_shared(from: &VarStore, to: &VarStore) -> Result<()> {
    let (values, mut parameters) = (from.variables(), to.variables());
    parameters.retain(|name, _| values.contains_key(name));
    ensure!(!parameters.is_empty(), "these networks have no layer in common");
    let values: Tensors = values.into_iter().collect();
    for (name, mut parameter) in parameters {
        let value = find(&values, &name, &parameter)?;
        tch::no_grad(|| parameter.copy_(&value));
    }
    Ok(())
}

/// The tensor of that name, whose shape must be that of `like`.
///
/// # Errors
/// The tensor is missing or has another shape.
pub fn find(tensors: &Tensors, name: &str, like: &Tensor) -> Result<Tensor> {
    let Some((_, tensor)) = tensors.iter().find(|(candidate, _)| candidate == name) else {
        bail!("this checkpoint belongs to another model: it has no {name}");
    };
    ensure!(
        tensor.size() == like.size(),
        "this checkpoint belongs to another model: {name} has shape {:?} instead of {:?}",
        tensor.size(),
        like.size()
    );
    Ok(tensor.shallow_clone())
}

fn finished_path(run: &Path, stage: &str) -> PathBuf {
    run.join(format!("{stage}.safetensors"))
}
