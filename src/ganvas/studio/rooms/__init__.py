"""The rooms of the Studio, a file each; `ganvas.studio.desk.ROOMS` names them in their order."""
