# The web front end: static files. Runs with the nomad command too:
#   nomad job run -var image=developeraipacto/aipacto-web:latest -var domain=aipacto.com jobs/web.nomad.hcl
variable "image" {
  type        = string
  description = "Container image; a digest makes a deployment repeatable"
}

variable "version" {
  type        = string
  default     = "dev"
  description = "Shown by the health path, to see which build answers"
}

variable "domain" {
  type        = string
  description = "Domain of the environment"
}

variable "count" {
  type    = number
  default = 1
}

variable "port" {
  type        = number
  default     = 8080
  description = "The port Caddy listens on inside its container"
}

variable "routes" {
  type        = string
  default     = "/"
  description = "Path prefixes that the ingress sends here, separated by commas"
}

variable "health" {
  type    = string
  default = "/health"
}

variable "cpu" {
  type        = number
  default     = 100
  description = "MHz"
}

variable "memory" {
  type        = number
  default     = 64
  description = "MB"
}

variable "service" {
  type        = string
  default     = "web"
  description = "Its name in Consul: another one for each preview on servers that several share"
}

variable "cpu_hard_limit" {
  type        = bool
  default     = false
  description = "No more CPU than it asks for, even where the server is idle"
}

job "web" {
  type        = "service"
  datacenters = ["*"]

  meta {
    version = var.version
  }

  group "web" {
    count = var.count

    # Two instances on one machine would both go with it.
    spread {
      attribute = "${node.unique.id}"
      weight    = 100
    }

    network {
      port "http" {
        to = var.port
      }
    }

    service {
      name     = var.service
      port     = "http"
      provider = "consul"
      tags     = ["ingress"]

      meta {
        routes = var.routes
      }

      # Consul begins with "critical": the first good answer lets it in, so the interval is part of every deployment.
      check {
        type     = "http"
        path     = var.health
        interval = "2s"
        timeout  = "2s"

        check_restart {
          limit = 5
          grace = "15s"
        }
      }
    }

    # Without a progress deadline the first instance that can't become healthy ends the deployment, and the version
    # before stays; with one Nomad would go on trying until it is over. Pulling the image counts as part of healthy_deadline.
    update {
      max_parallel      = 1
      canary            = 1
      min_healthy_time  = "3s"
      healthy_deadline  = "3m"
      progress_deadline = "0s"
      auto_promote      = true
      auto_revert       = true
    }

    restart {
      attempts = 2
      interval = "5m"
      delay    = "3s"
      mode     = "fail"
    }

    # Out of the ingress first, then stopped.
    shutdown_delay = "5s"

    ephemeral_disk {
      size = 150
    }

    task "web" {
      driver       = "docker"
      kill_timeout = "20s"

      config {
        image           = var.image
        ports           = ["http"]
        readonly_rootfs = true
        cap_drop        = ["all"]
        # The official image's caddy carries this capability in its file, and could not be started without.
        cap_add      = ["net_bind_service"]
        security_opt = ["no-new-privileges"]
        pids_limit   = 256
        # Of all cores together.
        cpu_hard_limit = var.cpu_hard_limit

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
        DOMAIN      = "${var.domain}"
        PORT        = "${var.port}"
        APP_VERSION = "${var.version}"
      }

      # Set by: reconcile secrets set. A new value comes with a new deployment, never by restarting what runs.
      template {
        destination = "secrets/app.env"
        env         = true
        change_mode = "noop"
        data        = <<-EOT
        {{- if nomadVarExists "nomad/jobs/web" }}
        {{- with nomadVar "nomad/jobs/web" }}
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
