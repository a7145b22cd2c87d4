"""Whether a camera's picture can be trusted (``judgement.look``); numpy and cv2, so for workers only."""
