//! The report's per-frame outer auto-encoders: each frame becomes a few controls, and the decoder makes it again from them and
//! from the frame that it made before. One with fully connected layers, one with recurrent ones.

use tch::nn::Path;
use tch::{Kind, Tensor};

use super::layers::{Dense, Layer};
use super::network::{Loss, Network, Outer, squared_error};
use super::settings::FrameSettings;
use super::transform::{BINS, FRAMES};

/// What differs between the two.
#[derive(Debug)]
enum Cells {
    /// Previous and present frame → controls; previous made frame and controls → frame.
    Dense { encoder: Dense, decoder: Dense },
    /// The same by recurrent layers with a hidden state (Elman 1990).
    Recurrent { encoder: Recurrent, decoder: Recurrent },
}

/// An auto-encoder over frames; batches are `[batch, 1025, 83]`.
#[derive(Debug)]
pub struct FrameAe {
    cells: Cells,
    controls: i64,
}

/// A recurrent layer and what is read off its state.
#[derive(Debug)]
struct Recurrent {
    input: Layer,
    state: Layer,
    output: Layer,
}

impl Recurrent {
    fn new(path: &Path, inputs: i64, hidden: i64, outputs: i64) -> Self {
        Self {
            input: Layer::dense(&(path / "input"), inputs, hidden),
            state: Layer::dense(&(path / "state"), hidden, hidden),
            output: Layer::dense(&(path / "output"), hidden, outputs),
        }
    }

    /// Input of a step and state before it → state after it.
    fn step(&self, driven: &Tensor, before: Option<&Tensor>) -> Tensor {
        before.map_or_else(|| driven.tanh(), |state| (driven + self.state.linear(state)).tanh())
    }
}

impl FrameAe {
    /// Fully connected cells under `path`.
    pub fn dense(path: &Path, settings: &FrameSettings) -> Self {
        let (bins, controls, hidden) = (BINS as i64, settings.controls, settings.hidden);
        let encoder = Dense::new(&(path / "encoder"), &[2 * bins, hidden, controls], true);
        let decoder = Dense::new(&(path / "decoder"), &[bins + controls, hidden, bins], true);
        Self { cells: Cells::Dense { encoder, decoder }, controls }
    }

    /// Recurrent cells under `path`.
    pub fn recurrent(path: &Path, settings: &FrameSettings) -> Self {
        let (bins, controls, hidden) = (BINS as i64, settings.controls, settings.hidden);
        let encoder = Recurrent::new(&(path / "encoder"), bins, hidden, controls);
        let decoder = Recurrent::new(&(path / "decoder"), bins + controls, hidden, bins);
        Self { cells: Cells::Recurrent { encoder, decoder }, controls }
    }

    /// `[batch, 83, 1025]` → `[batch, 83, controls]`.
    fn controls_of(&self, frames: &Tensor) -> Tensor {
        match &self.cells {
            Cells::Dense { encoder, .. } => {
                // Before the first frame lies silence.
                let before = frames.narrow(1, 0, FRAMES as i64 - 1).constant_pad_nd([0, 0, 1, 0]);
                encoder.forward(&Tensor::cat(&[&before, frames], 2))
            }
            Cells::Recurrent { encoder, .. } => {
                let driven = encoder.input.linear(frames);
                let mut states = Vec::with_capacity(FRAMES);
                for frame in 0..FRAMES {
                    let state = encoder.step(&driven.select(1, frame as i64), states.last());
                    states.push(state);
                }
                encoder.output.linear(&Tensor::stack(&states, 1))
            }
        }
    }

    /// `[batch, 83, controls]` → `[batch, 83, 1025]`, frame after frame.
    fn frames_of(&self, controls: &Tensor) -> Tensor {
        let batch = controls.size()[0];
        let mut previous = Tensor::zeros([batch, BINS as i64], (Kind::Float, controls.device()));
        let mut state: Option<Tensor> = None;
        let mut made = Vec::with_capacity(FRAMES);
        for frame in 0..FRAMES {
            let input = Tensor::cat(&[&previous, &controls.select(1, frame as i64)], 1);
            previous = match &self.cells {
                Cells::Dense { decoder, .. } => decoder.forward(&input),
                Cells::Recurrent { decoder, .. } => {
                    let next = decoder.step(&decoder.input.linear(&input), state.as_ref());
                    decoder.output.linear(state.insert(next))
                }
            };
            made.push(previous.shallow_clone());
        }
        Tensor::stack(&made, 1)
    }
}

impl Network for FrameAe {
    fn loss(&self, batch: &Tensor, _progress: f64) -> Loss {
        let error = self.error(batch);
        Loss { total: error.shallow_clone(), error }
    }

    fn error(&self, batch: &Tensor) -> Tensor {
        squared_error(&self.decode(&self.encode(batch)), batch)
    }
}

impl Outer for FrameAe {
    fn code_len(&self) -> usize {
        FRAMES * self.controls as usize
    }

    fn encode(&self, batch: &Tensor) -> Tensor {
        self.controls_of(&batch.transpose(1, 2)).flatten(1, 2)
    }

    fn decode(&self, codes: &Tensor) -> Tensor {
        self.frames_of(&codes.view([-1, FRAMES as i64, self.controls])).transpose(1, 2)
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;
    use tch::nn::VarStore;

    use super::*;
    use crate::reference::settings::Settings;
    use crate::train::optimiser::{AdamW, Settings as Optimiser};

    /// Steps lower the error of both, back through all 83 frames.
    #[test]
    fn both_kinds_learn_a_rising_tone() {
        const STEPS: usize = 25;
        const RATE: f64 = 1e-3;
        for build in [FrameAe::dense, FrameAe::recurrent] {
            tch::manual_seed(1);
            let store = VarStore::new(Device::Cpu);
            let network = build(&store.root(), &Settings::default().frame);
            let batch = Tensor::zeros([1, 1025, 83], (Kind::Float, Device::Cpu));
            (0..83).for_each(|frame| drop(batch.get(0).select(1, frame).narrow(0, 5 * frame, 20).fill_(1.0)));
            let mut optimiser = AdamW::with_settings(&store, Optimiser::adam(0.0));
            let before = network.error(&batch).double_value(&[]);
            for _ in 0..STEPS {
                optimiser.step(&network.loss(&batch, 0.0).total, RATE).expect("a step");
            }
            let after = network.error(&batch).double_value(&[]);
            assert!(after < 0.6 * before, "{before} to {after}: {network:?}");
        }
    }

    #[test]
    fn both_kinds_give_back_the_shape_and_the_decoder_hears_what_it_made_before() {
        let settings = Settings::default().frame;
        for build in [FrameAe::dense, FrameAe::recurrent] {
            tch::manual_seed(1);
            let store = VarStore::new(Device::Cpu);
            let network = build(&store.root(), &settings);
            let batch = Tensor::rand([2, 1025, 83], (Kind::Float, Device::Cpu));
            let codes = network.encode(&batch);
            assert_eq!(codes.size(), [2, 6308]);
            assert_eq!(network.code_len(), 6308);
            let made = network.decode(&codes);
            assert_eq!(made.size(), [2, 1025, 83]);
            // Other controls of the first frame change the last frame too: it is reached through all frames between.
            let changed = codes.copy();
            let _ = changed.narrow(1, 0, settings.controls).fill_(3.0);
            let differs =
                |frame: i64| (network.decode(&changed) - &made).select(2, frame).abs().max().double_value(&[]);
            assert!(differs(0) > 0.0 && differs(1) > 0.0, "{network:?}");
        }
    }
}
