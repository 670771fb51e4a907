"""The prober: sends packets and says what came back."""
