"""What people look at: playground, ladders, runs, rollouts; rendered here, with nothing from elsewhere."""
