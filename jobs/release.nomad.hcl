# Runs once per version of a job, in its image and with its secrets, before that version takes traffic: migrations.
# Runs with the nomad command too:
#   nomad job run -var id=server-release -var image=developeraipacto/aipacto-server:latest -var 'command=["node", "release.mjs"]' jobs/release.nomad.hcl
variable "id" {
  type        = string
  description = "Of this job; its secrets are those under nomad/jobs/<id>"
}

variable "image" {
  type = string
}

variable "command" {
  type        = list(string)
  description = "The whole command line"
}

variable "version" {
  type    = string
  default = "dev"
}

variable "domain" {
  type    = string
  default = "localhost"
}

variable "cpu" {
  type        = number
  default     = 200
  description = "MHz"
}

variable "memory" {
  type        = number
  default     = 256
  description = "MB"
}

variable "cpu_hard_limit" {
  type        = bool
  default     = false
  description = "No more CPU than it asks for, even where the server is idle"
}

job "release" {
  id          = var.id
  name        = var.id
  type        = "batch"
  datacenters = ["*"]

  meta {
    version = var.version
  }

  group "release" {
    # One try: a migration that failed half-way is looked at by somebody before it runs again.
    restart {
      attempts = 0
      mode     = "fail"
    }

    reschedule {
      attempts  = 0
      unlimited = false
    }

    ephemeral_disk {
      size = 150
    }

    task "release" {
      driver       = "docker"
      kill_timeout = "20s"

      config {
        image           = var.image
        entrypoint      = var.command
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
        pids_limit      = 256
        cpu_hard_limit  = var.cpu_hard_limit

        healthchecks {
          disable = true
        }

        mount {
          type     = "tmpfs"
          target   = "/tmp"
          readonly = false

          tmpfs_options {
            size = 16777216
          }
        }
      }

      env {
        NODE_ENV    = "production"
        DOMAIN      = "${var.domain}"
        APP_VERSION = "${var.version}"
      }

      template {
        destination = "secrets/app.env"
        env         = true
        change_mode = "noop"
        data        = <<-EOT
        {{- if nomadVarExists "nomad/jobs/${var.id}" }}
        {{- with nomadVar "nomad/jobs/${var.id}" }}
        {{- range $name, $item := . }}
        {{ $name }}={{ $item.Value | toJSON }}
        {{- end }}
        {{- end }}
        {{- end }}
        EOT
      }

      resources {
        cpu    = var.cpu
        memory = var.memory
      }

      logs {
        max_files     = 3
        max_file_size = 10
      }
    }
  }
}
