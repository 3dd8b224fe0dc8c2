//! A run of a graph in parts, so that more urgent work can be done between them. WORKER side.
//!
//! The parts are whole nodes, in the order of the plan: the values are those of a run without interruption.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{GraphError, Outputs, Runner, TractError, TypedSimplePlan, guarded};

/// The nodes of a plan in the order in which they are computed, each with those whose results nothing reads after it has read its own inputs.
pub(super) struct Order(Vec<(usize, Vec<usize>)>);

impl Order {
    pub(super) fn of(plan: &Arc<TypedSimplePlan>) -> Self {
        let nodes = plan.model().nodes();
        let order = plan.order_without_consts();
        let mut last_readers = vec![None; nodes.len()];
        for (place, node) in order.iter().enumerate() {
            nodes[*node].inputs.iter().for_each(|input| last_readers[input.node] = Some(place));
        }
        let mut steps: Vec<(usize, Vec<usize>)> = order.iter().map(|node| (*node, Vec::new())).collect();
        let outputs: Vec<usize> = plan.model().outputs.iter().map(|outlet| outlet.node).collect();
        // Constants are not computed, so they must stay.
        for node in order.iter().filter(|node| !outputs.contains(node)) {
            if let Some(place) = last_readers[*node] {
                steps[place].1.push(*node);
            }
        }
        Self(steps)
    }
}

impl Runner {
    /// Begins a run on inputs in the order of the graph's ports, instead of one that is under way.
    ///
    /// # Errors
    /// [`GraphError::Run`] for a wrong number of values.
    pub fn begin(&mut self, inputs: &[&[f32]]) -> Result<(), GraphError> {
        let tensors = self.tensors(inputs).map_err(|why| self.failed(why))?;
        let state = &mut self.state;
        let set = guarded(|| state.set_inputs(tensors).map_err(told));
        self.done = 0;
        set.map_err(|why| self.failed(why))
    }

    /// Goes on with the run for about `time`, at least by one node. Gives the outputs after the last one.
    ///
    /// # Errors
    /// As [`Runner::run`].
    pub fn go_on(&mut self, time: Duration) -> Result<Option<Outputs>, GraphError> {
        let started = Instant::now();
        let steps = &self.graph.order.0;
        let (state, done) = (&mut self.state, &mut self.done);
        let computed = guarded(|| {
            for (node, last_reads) in steps.iter().skip(*done) {
                let inputs = state.prepare_inputs(*node).map_err(told)?;
                // As in a run without interruption: a node may compute in the memory of an input that nothing else reads.
                last_reads.iter().for_each(|read| state.turn_state.values[*read] = None);
                state.compute_one_with_inputs(*node, inputs).map_err(told)?;
                *done += 1;
                if started.elapsed() >= time {
                    break;
                }
            }
            if *done < steps.len() {
                return Ok(None);
            }
            let values = state.outputs().map_err(told)?;
            state.reset_turn().map_err(told)?;
            Ok(Some(Outputs { values }))
        });
        let outputs = computed.map_err(|why| self.failed(why))?;
        outputs.map(|outputs| self.checked(outputs)).transpose()
    }
}

fn told(error: TractError) -> String {
    error.to_string()
}
