//! A list of at most `N` values in place. AUDIO THREAD: no allocation.

/// The list.
#[derive(Clone, Copy, Debug)]
pub(super) struct FixedList<T, const N: usize> {
    items: [Option<T>; N],
    count: usize,
}

impl<T: Copy, const N: usize> FixedList<T, N> {
    pub(super) fn new() -> Self {
        Self { items: [None; N], count: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn clear(&mut self) {
        self.count = 0;
    }

    /// Appends a value; false if there is no room for it.
    pub(super) fn push(&mut self, item: T) -> bool {
        let Some(place) = self.items.get_mut(self.count) else { return false };
        *place = Some(item);
        self.count += 1;
        true
    }

    pub(super) fn get(&self, index: usize) -> Option<&T> {
        self.items.get(index).filter(|_| index < self.count)?.as_ref()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter().take(self.count).flatten()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.items.iter_mut().take(self.count).flatten()
    }

    /// Keeps the values for which `stays` is true, in their order.
    pub(super) fn retain(&mut self, mut stays: impl FnMut(&T) -> bool) {
        if self.is_empty() {
            return;
        }
        let all = *self;
        self.count = 0;
        for item in all.iter().filter(|item| stays(item)) {
            self.push(*item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FixedList;

    #[test]
    fn it_keeps_the_order_and_its_bound() {
        let mut list = FixedList::<u8, 3>::new();
        assert_eq!([1, 2, 3, 4].map(|item| list.push(item)), [true, true, true, false]);
        list.retain(|item| *item != 2);
        assert_eq!(list.iter().copied().collect::<Vec<_>>(), [1, 3]);
        assert_eq!((list.get(1), list.get(2)), (Some(&3), None));
        list.clear();
        assert!(list.is_empty() && list.get(0).is_none());
    }
}
